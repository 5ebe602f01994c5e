import { variablesOf } from '../../../infra/function-environment.ts';
import { environmentName, queueName } from '../../../infra/naming.ts';
import { configureFunction, invokeAsEvent } from '../aws/functions.ts';
import { alarmState, type FailedInvocation, failedInvocations } from '../aws/services.ts';
import { lookUntilFound } from '../clock.ts';
import { type SmokeContext, senderOf } from '../context.ts';
import { SmokeError, type Step } from '../step.ts';

/** A time limit that a function which never ends exceeds. */
const TIMEOUT_SECONDS = 3;
/** Keeps the process of a function busy before its code is imported: the code itself ends within every time limit. */
const HANG = '--import=data:text/javascript,setInterval(()=>{},1e9);await%20new%20Promise(()=>{})';
const QUEUE_POLL_MS = 2_000;
const ALARM_POLL_MS = 20_000;

function timeoutStep(context: SmokeContext): Step {
  const { environment, databases, aws, clock } = context;
  return {
    name: 'timeout',
    doing: 'invoking a function that exceeds its time limit',
    needs: ['check-vpc'],
    limitMinutes: 6,
    limitRemedy: "Read the function's state in the console of Lambda, and report it.",
    async run(signal) {
      const name = senderOf(context, 'vpc');
      const variables = variablesOf('send-report', environment, databases.vpc);
      const settings = {
        variables: { ...variables, NODE_OPTIONS: HANG },
        timeoutSeconds: TIMEOUT_SECONDS,
      };
      await configureFunction(aws, name, settings, { clock, signal });
      // If the function ended after all, a check would have sent nothing.
      await invokeAsEvent(aws, name, { check: true }, signal);
      return `invoked, with a time limit of ${TIMEOUT_SECONDS} s`;
    },
  };
}

function describeFailure({ responsePayload }: FailedInvocation): string {
  const { errorType = 'no type', errorMessage = '' } = responsePayload ?? {};
  if (/Task timed out/.test(errorMessage)) return `the message has the error ${errorType}`;
  throw new SmokeError(
    `The queue has the invocation, but its error is ${errorType} instead of a timeout.`,
    'Report this, with the message in the queue failed-runs.',
  );
}

function queueStep(context: SmokeContext): Step {
  const { environment, aws, clock } = context;
  const { place } = environment;
  return {
    name: 'queue',
    doing: 'waiting for the timeout in the queue failed-runs',
    needs: ['timeout'],
    limitMinutes: 10,
    limitRemedy: "Look at the function's destination for failures, and at its log.",
    async run(signal) {
      const queue = { account: place.account, name: queueName(place, 'failed-runs') };
      const name = senderOf(context, 'vpc');
      const look = async () =>
        (await failedInvocations(aws, queue, signal)).find(({ requestContext }) =>
          requestContext.functionArn.includes(name),
        );
      return describeFailure(await lookUntilFound(look, QUEUE_POLL_MS, { clock, signal }));
    },
  };
}

function alarmStep({ environment, aws, clock }: SmokeContext): Step {
  return {
    name: 'alarm',
    doing: 'waiting until the alarm final-failures goes to ALARM',
    needs: ['queue'],
    // CloudWatch can take 15 minutes for the metrics of a queue that was not used before.
    limitMinutes: 35,
    limitRemedy:
      "Look at the metric NumberOfMessagesSent of the queue failed-runs, and at the alarm's history.",
    async run(signal) {
      const startedAt = clock.now();
      const name = `${environmentName(environment.place)}-final-failures`;
      const look = async () =>
        (await alarmState(aws, name, signal)) === 'ALARM' ? clock.now() - startedAt : undefined;
      const waitedMs = await lookUntilFound(look, ALARM_POLL_MS, { clock, signal });
      return `in ALARM after ${Math.round(waitedMs / 60_000)} minutes`;
    },
  };
}

/** Creates the steps that let a function exceed its time limit, and wait for its message and for the alarm. */
export function timeoutSteps(context: SmokeContext): {
  readonly timeout: Step;
  readonly queue: Step;
  readonly alarm: Step;
} {
  return {
    timeout: timeoutStep(context),
    queue: queueStep(context),
    alarm: alarmStep(context),
  };
}
