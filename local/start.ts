import { RunError } from '../lib/errors.ts';
import { HELP, type Options, parseOptions, UsageError } from './options.ts';
import { createPage, type Page } from './page.ts';
import { runEmbedded } from './run-embedded.ts';
import { preview, send } from './run-own-server.ts';

async function perform(page: Page, options: Exclude<Options, { mode: 'help' }>) {
  if (options.mode === 'embedded') return runEmbedded(page, options);
  return options.mode === 'preview'
    ? preview(page, options, options.always)
    : send(page, options, options.endpoint);
}

/** What went wrong, for the person whose terminal this is: with the words of the server, too. */
function failure(error: RunError) {
  const { code, origin, message, remedy, original } = error;
  return {
    code,
    origin,
    message,
    remedy,
    said: original === undefined ? undefined : String(original),
  };
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.mode === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const printJson = (value: unknown): void => {
    if (options.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  try {
    const result = await perform(createPage(options.json), options);
    printJson(result);
    return 'outcome' in result && result.outcome.outcome === 'failed' ? 1 : 0;
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const { code, message, remedy, said } = failure(error);
    printJson({ error: failure(error) });
    const lines = [`${code}: ${message}`, ...(said === undefined ? [] : [said]), remedy];
    process.stderr.write(`${lines.join('\n')}\n`);
    return 1;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n(npm start -- --help lists the options.)\n`);
  process.exitCode = 2;
}
