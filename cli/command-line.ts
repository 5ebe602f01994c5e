import { IS_PACKAGE } from '../infra/config/folders.ts';
import { SERVICE } from '../lib/naming.ts';

/** The start of a script's command line, `npm start` for the demo. */
function scriptLine(command: string, isSilent: boolean): string {
  if (command === 'demo') return isSilent ? 'npm start --silent' : 'npm start';
  return `npm run ${isSilent ? '-s ' : ''}${command.replace(' ', ':')}`;
}

/**
 * Returns the line that starts a command, as a person types it here: with npm's script in the repository, otherwise with the
 * program of the package.
 *
 * @param command its name, such as `report` or `versions check`
 * @param args options and arguments, if any
 */
export function commandLine(command: string, args?: string): string {
  if (IS_PACKAGE)
    return [`npx ${SERVICE} ${command}`, ...(args === undefined ? [] : [args])].join(' ');
  return args === undefined
    ? scriptLine(command, false)
    : `${scriptLine(command, false)} -- ${args}`;
}

/** The same for a command whose output a program reads: npm prints nothing of its own. */
export function silentLine(command: string, args: string): string {
  return IS_PACKAGE ? commandLine(command, args) : `${scriptLine(command, true)} -- ${args}`;
}

/** Returns the start of a command's usage, to which its options are added. */
export function usageStart(command: string): string {
  return IS_PACKAGE ? commandLine(command) : `${commandLine(command)} --`;
}
