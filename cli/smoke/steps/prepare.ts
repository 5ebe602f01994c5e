import { environmentName, logGroupName, stackName } from '../../../infra/naming.ts';
import { bucketExists } from '../aws/bucket.ts';
import { accountOf, logGroups, stackStatus } from '../aws/services.ts';
import { recordBucket, type SmokeContext } from '../context.ts';
import { SmokeError, type Step } from '../step.ts';

/** Returns the names of the environment's stacks. */
export function stacksOf({ environment: { place, stacks } }: SmokeContext): readonly string[] {
  const numbers = Array.from({ length: stacks }, (_, index) => index + 1);
  return [environmentName(place), ...numbers.map((stack) => stackName(place, stack))];
}

/** Returns what the environment has in the account, by type and name. */
export async function findResources(
  context: SmokeContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { aws, environment } = context;
  const stacks: string[] = [];
  for (const name of stacksOf(context)) {
    const status = await stackStatus(aws, name, signal);
    if (status !== undefined) stacks.push(`stack ${name} (${status})`);
  }
  const bucket = await recordBucket(context);
  const hasBucket = await bucketExists(bucket, signal);
  const prefix = logGroupName(environment.place, 'send-report').replace(/[^/]*$/, '');
  const groups = await logGroups(aws, prefix, signal);
  return [
    ...stacks,
    ...(hasBucket ? [`bucket ${bucket.bucket}`] : []),
    ...groups.map((name) => `log group ${name}`),
  ];
}

/** Creates the steps that look whether the environment can be deployed and destroyed, and change nothing. */
export function preparationSteps(context: SmokeContext): readonly Step[] {
  const { aws, environment } = context;
  const remedy = "Check this machine's network connection to AWS, and start again.";
  return [
    {
      name: 'account',
      doing: 'looking up the account of the credentials',
      needs: [],
      limitMinutes: 1,
      limitRemedy: remedy,
      async run(signal) {
        const account = await accountOf(aws, signal);
        const expected = environment.place.account;
        if (account === expected) return `account ${account}, region ${aws.region}`;
        throw new SmokeError(
          `The credentials belong to account ${account}, the environment to ${expected}.`,
          "Use a profile (AWS_PROFILE) of the environment's account, or correct the environment.",
        );
      },
    },
    {
      name: 'unused',
      doing: 'looking for resources of this name',
      needs: ['account'],
      limitMinutes: 2,
      limitRemedy: remedy,
      async run(signal) {
        const found = await findResources(context, signal);
        if (found.length === 0) return 'the account has no resources of this environment';
        throw new SmokeError(
          `The account already has resources of this environment: ${found.join(', ')}.`,
          'Choose another name that begins with smoke-, or remove them as docs/deploying.md, "Remove", says. The trial deletes only what it has created.',
        );
      },
    },
  ];
}
