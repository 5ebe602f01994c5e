import { styleText } from 'node:util';
import { escapeUnprintable } from '../../lib/config/printable.ts';
import { EnvironmentError } from '../config/environment-error.ts';

const LABEL_WIDTH = 12;

/** Writes lines for a person to standard error: standard output is the CDK's. */
export function printLines(lines: readonly string[]): void {
  process.stderr.write(`${lines.map((line) => (line === '' ? '' : `  ${line}`)).join('\n')}\n`);
}

/** Runs one step and writes its line, with its duration, when it is done. */
export async function step<T>(
  label: string,
  work: () => Promise<T> | T,
  describe: (result: T) => string,
): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
  const mark = styleText('green', '✔', { stream: process.stderr });
  printLines([`${mark} ${label.padEnd(LABEL_WIDTH)}${describe(result)} · ${seconds} s`]);
  return result;
}

/** Writes the problems of an environment and ends the process with status 1; throws every other error again. */
export function reportEnvironmentError(error: unknown): void {
  if (!(error instanceof EnvironmentError)) throw error;
  const lines = error.message.split('\n').map(escapeUnprintable);
  process.stderr.write(`\n${lines.join('\n')}\n`);
  process.exitCode = 1;
}
