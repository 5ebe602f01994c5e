import { functionName } from '../../../lib/naming.ts';
import { type Deployment, ENVIRONMENT, TARGET_NAME } from '../aws/deployment.ts';
import { NO_ENVIRONMENTS } from '../aws/fixtures.ts';
import { type Ended, runCommand } from './commands.ts';

/** Runs `npm run invoke` for the deployed target. */
export function invokeCommand(
  { shell }: Pick<Deployment, 'shell'>,
  ...args: readonly string[]
): Promise<Ended> {
  const folder = ['--environments', NO_ENVIRONMENTS];
  return runCommand('invoke', [ENVIRONMENT, TARGET_NAME, ...args, ...folder], shell);
}

/** Returns the name of a function of the deployed target. */
export function deployedName(purpose: Parameters<typeof functionName>[2]): string {
  return functionName(ENVIRONMENT, TARGET_NAME, purpose);
}
