import type { SmokeContext } from '../context.ts';
import { SmokeError, type Step } from '../step.ts';

/** Creates the step that deploys the environment. */
export function deployStep({ runCdk }: SmokeContext): Step {
  return {
    name: 'deploy',
    doing: 'deploying two databases',
    needs: [],
    limitMinutes: 30,
    limitRemedy: 'Look at the events of the stacks in the console of CloudFormation.',
    async run(signal) {
      const status = await runCdk('deploy', ['--require-approval', 'never'], signal);
      if (status === 0) return 'CloudFormation created all stacks';
      throw new SmokeError(
        `cdk deploy ended with status ${status}.`,
        'Read its output above. The account needs the bootstrap and the two policies of docs/deploying.md.',
      );
    },
  };
}
