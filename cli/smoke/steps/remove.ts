import { logGroupName } from '../../../infra/naming.ts';
import { bucketExists, deleteBucket } from '../aws/bucket.ts';
import { deleteLogGroup, logGroups } from '../aws/services.ts';
import { recordBucket, type SmokeContext } from '../context.ts';
import { SmokeError, type Step } from '../step.ts';
import { findResources } from './prepare.ts';

function destroyStep({ runCdk }: SmokeContext): Step {
  return {
    name: 'destroy',
    doing: 'deleting the stacks',
    needs: [],
    limitMinutes: 60,
    limitRemedy:
      'CloudFormation goes on. Look at the stacks in its console; Lambda frees the network interfaces of a VPC slowly.',
    async run(signal) {
      const status = await runCdk('destroy', ['--force'], signal);
      if (status === 0) return 'the stacks were deleted';
      throw new SmokeError(
        `cdk destroy ended with status ${status}.`,
        'Read its output above, and the events of the stacks in the console of CloudFormation.',
      );
    },
  };
}

/** The logs and the record outlive their stacks, because they prove what was sent. Those of the trial are of no use. */
function dataStep(context: SmokeContext): Step {
  const { environment, aws } = context;
  return {
    name: 'data',
    doing: 'deleting the bucket of the record and the log groups',
    needs: ['destroy'],
    limitMinutes: 10,
    limitRemedy: 'Delete them as docs/deploying.md, "Remove", says.',
    async run(signal) {
      const bucket = await recordBucket(context);
      const objects = (await bucketExists(bucket, signal)) ? await deleteBucket(bucket, signal) : 0;
      const prefix = logGroupName(environment.place, 'send-report').replace(/[^/]*$/, '');
      const groups = await logGroups(aws, prefix, signal);
      for (const name of groups) await deleteLogGroup(aws, name, signal);
      return `${objects} objects, ${groups.length} log groups`;
    },
  };
}

function leftOverStep(context: SmokeContext): Step {
  return {
    name: 'left-over',
    doing: 'looking for resources that are left',
    needs: [],
    limitMinutes: 3,
    limitRemedy: "Check this machine's network connection to AWS.",
    async run(signal) {
      const left = await findResources(context, signal);
      context.findings.left = left;
      if (left.length === 0) return 'no stack, bucket or log group is left';
      throw new SmokeError(
        `Still in the account: ${left.join(', ')}.`,
        'Delete them as docs/deploying.md, "Remove", says: they may cost money.',
      );
    },
  };
}

/** Creates the steps that remove everything that the trial has created. */
export function removalSteps(context: SmokeContext): readonly Step[] {
  return [destroyStep(context), dataStep(context), leftOverStep(context)];
}
