import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, listen, readBody } from '../../../emulator/http-server.ts';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { type S3, startS3 } from '../../../emulator/s3.ts';
import type { Database, Environment } from '../../../infra/config/resolved-environment.ts';
import { variablesOf } from '../../../infra/function-environment.ts';
import { environmentName, logGroupName, stackName } from '../../../infra/naming.ts';
import { functionName, PURPOSES } from '../../../lib/naming.ts';

/** An invocation of `send-report`. */
export interface Call {
  readonly database: Database;
  readonly event: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

export type Result =
  | { readonly value: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

export interface AccountOptions {
  readonly environment: Environment;
  /** Runs a function. */
  readonly run: (call: Call, account: Account) => Promise<Result>;
  /** Exit status of a CDK command; a command that never ends has none. */
  readonly cdkStatus?: (command: string) => number | undefined;
  /** Returns the status and the error code of a request that is refused, by service and action. */
  readonly refuse?: (service: string, action: string) => readonly [number, string] | undefined;
  /** The account of the credentials, unless it is that of the environment. */
  readonly account?: string;
  readonly updateStatus?: string;
  readonly alarmState?: string;
  /** What exists before the deployment. */
  readonly existing?: {
    readonly stacks?: readonly string[];
    readonly logGroups?: readonly string[];
  };
}

/** An AWS account on loopback, as far as a trial uses it. */
export interface Account extends LoopbackServer {
  readonly s3: S3;
  readonly stacks: Set<string>;
  readonly logGroups: Set<string>;
  /** Service and action of every request, and the CDK commands. */
  readonly requests: string[];
  /** Events of one-time schedules, which are invoked when the function has its endpoint again. */
  readonly schedules: Readonly<Record<string, unknown>>[];
  /** Invokes `send-report` of a database. */
  call(database: string, event: Call['event']): Promise<Result>;
  /** Variables of a shell with credentials of the account. */
  readonly shell: Readonly<Record<string, string>>;
}

const TIMEOUT_SECONDS = 120;

interface State {
  readonly settings: Map<string, Pick<Call, 'variables' | 'timeoutSeconds'>>;
  readonly messages: string[];
}

function deploy({ environment }: AccountOptions, account: Account, { settings }: State): void {
  const { place, stacks, databases } = environment;
  account.stacks.add(environmentName(place));
  for (let stack = 1; stack <= stacks; stack += 1) account.stacks.add(stackName(place, stack));
  for (const purpose of PURPOSES) account.logGroups.add(logGroupName(place, purpose));
  account.s3.createBucket();
  for (const database of databases) {
    settings.set(functionName(place.environment, database.name, 'send-report'), {
      variables: variablesOf('send-report', environment, database),
      timeoutSeconds: TIMEOUT_SECONDS,
    });
  }
}

/** Returns the service that a request is signed for. */
function serviceOf({ headers }: IncomingMessage): string {
  return /Credential=[^/]+\/\d+\/[^/]+\/(\w+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Returns the action that a request names, or its method. */
function actionOf({ headers, method = '' }: IncomingMessage, body: string): string {
  const target = String(headers['x-amz-target'] ?? '')
    .split('.')
    .at(-1);
  return target || new URLSearchParams(body).get('Action') || method;
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'x-amzn-errortype': code });
  response.end(`<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`);
}

function failureMessage(name: string, error: { readonly name: string; readonly message: string }) {
  return JSON.stringify({
    version: '1.0',
    requestContext: {
      functionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${name}:$LATEST`,
      condition: 'RetriesExhausted',
      approximateInvokeCount: 1,
    },
    responsePayload: { errorType: error.name, errorMessage: error.message },
  });
}

/** Starts an account in which nothing is deployed. */
export async function startAccount(options: AccountOptions): Promise<Account> {
  const { environment, run, refuse, existing } = options;
  const s3 = await startS3({
    bucket: environment.record?.name ?? '',
    isCreatedLater: true,
    refuse: (method) => refuse?.('s3', method)?.[1],
  });
  const state: State = { settings: new Map(), messages: [] };
  const requests: string[] = [];

  function callOf(name: string, event: Call['event']): Call | undefined {
    const settings = state.settings.get(name);
    const database = environment.databases.find(
      (one) => functionName(environment.place.environment, one.name, 'send-report') === name,
    );
    return settings && database && { database, event, ...settings };
  }

  async function invoke(call: Call, response: ServerResponse): Promise<void> {
    const result = await run(call, account);
    if ('value' in result) {
      response.end(JSON.stringify(result.value));
      return;
    }
    const { name: errorType, message: errorMessage } = result.error;
    response.writeHead(200, { 'x-amz-function-error': 'Unhandled' });
    response.end(JSON.stringify({ errorType, errorMessage }));
  }

  async function invokeAsEvent(call: Call, name: string, response: ServerResponse): Promise<void> {
    response.writeHead(202).end();
    const result = await run(call, account);
    if ('error' in result) state.messages.push(failureMessage(name, result.error));
  }

  async function configure(name: string, body: string, response: ServerResponse): Promise<void> {
    const { Environment: given, Timeout: timeoutSeconds = TIMEOUT_SECONDS } = JSON.parse(body);
    state.settings.set(name, { variables: given.Variables, timeoutSeconds });
    response.end('{}');
    if (given.Variables.DELIVERY.includes('.invalid')) return;
    for (const event of account.schedules.splice(0)) {
      const call = callOf(name, event);
      if (call !== undefined) await run(call, account);
    }
  }

  const answers: Readonly<Record<string, (action: string, body: string) => string | undefined>> = {
    sts: () => `<Account>${options.account ?? environment.place.account}</Account>`,
    cloudformation: (_action, body) => {
      const name = new URLSearchParams(body).get('StackName') ?? '';
      return account.stacks.has(name) ? '<StackStatus>CREATE_COMPLETE</StackStatus>' : undefined;
    },
    monitoring: () =>
      `<StateValue>${options.alarmState ?? (state.messages.length > 0 ? 'ALARM' : 'OK')}</StateValue>`,
    sqs: () => JSON.stringify({ Messages: state.messages.map((Body) => ({ Body })) }),
    logs: (action, body) => {
      if (action === 'DeleteLogGroup') account.logGroups.delete(JSON.parse(body).logGroupName);
      const names = [...account.logGroups];
      return JSON.stringify({ logGroups: names.map((logGroupName) => ({ logGroupName })) });
    },
  };

  function answerInvocation(
    name: string,
    { headers }: IncomingMessage,
    body: string,
    response: ServerResponse,
  ): Promise<void> | void {
    const call = callOf(name, JSON.parse(body));
    if (call === undefined) return fail(response, 404, 'ResourceNotFoundException');
    const isEvent = headers['x-amz-invocation-type'] === 'Event';
    return isEvent ? invokeAsEvent(call, name, response) : invoke(call, response);
  }

  async function answerLambda(request: IncomingMessage, body: string, response: ServerResponse) {
    const [, name = '', kind] = /\/functions\/([^/]+)\/(\w+)$/.exec(request.url ?? '') ?? [];
    if (kind === 'invocations') return answerInvocation(name, request, body, response);
    if (request.method === 'PUT') return configure(name, body, response);
    response.end(JSON.stringify({ LastUpdateStatus: options.updateStatus ?? 'Successful' }));
  }

  /** Answers the stub of the CDK with its exit status. */
  function answerCdk(command: string, response: ServerResponse): void {
    requests.push(`cdk ${command}`);
    const status = options.cdkStatus === undefined ? 0 : options.cdkStatus(command);
    if (command === 'deploy') deploy(options, account, state);
    if (status === 0 && command === 'destroy') account.stacks.clear();
    if (status !== undefined) response.end(String(status));
  }

  function answerScheduler(body: string, response: ServerResponse): void {
    account.schedules.push(JSON.parse(JSON.parse(body).Target.Input));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"ScheduleArn":"arn:aws:scheduler:local"}');
  }

  async function answerService(request: IncomingMessage, body: string, response: ServerResponse) {
    const service = serviceOf(request);
    const action = actionOf(request, body);
    requests.push(`${service} ${action}`);
    const refusal = refuse?.(service, action);
    if (refusal !== undefined) return fail(response, ...refusal);
    if (service === 'lambda') return answerLambda(request, body, response);
    if (service === 'scheduler') return answerScheduler(body, response);
    const answer = answers[service]?.(action, body);
    if (answer === undefined) fail(response, 400, 'ValidationError');
    else response.end(answer);
  }

  const server = await listen(async (request, response) => {
    const body = (await readBody(request)).toString('utf8');
    const [, command] = /^\/cdk\/(\w+)$/.exec(request.url ?? '') ?? [];
    return command === undefined
      ? answerService(request, body, response)
      : answerCdk(command, response);
  });
  const { [Symbol.asyncDispose]: close } = server;
  const account: Account = Object.assign(server, {
    s3,
    stacks: new Set(existing?.stacks),
    logGroups: new Set(existing?.logGroups),
    requests,
    schedules: [],
    async call(database: string, event: Call['event']) {
      const call = callOf(
        functionName(environment.place.environment, database, 'send-report'),
        event,
      );
      if (call === undefined) throw new TypeError(`${database} is not deployed.`);
      return run(call, account);
    },
    shell: {
      ...LOCAL_CREDENTIALS,
      AWS_ENDPOINT_URL: server.url,
      AWS_ENDPOINT_URL_S3: s3.url,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([close(), s3[Symbol.asyncDispose]()]);
    },
  });
  return account;
}
