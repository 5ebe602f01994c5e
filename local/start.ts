import { RunError } from '../lib/errors.ts';
import { HELP, type Options, parseOptions, UsageError } from './options.ts';
import { createPage, type Page } from './page.ts';
import { runEmbedded } from './run-embedded.ts';
import { preview, send } from './run-own-server.ts';

async function perform(page: Page, options: Exclude<Options, { mode: 'help' }>) {
  if (options.mode === 'embedded') return runEmbedded(page, options);
  const { databaseUrl, level } = options;
  return options.mode === 'preview'
    ? preview(page, databaseUrl, level)
    : send(page, databaseUrl, level, options.endpoint);
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.mode === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  const result = await perform(createPage(options.json), options);
  if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return 'outcome' in result && result.outcome.outcome === 'failed' ? 1 : 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n${HELP}`);
    process.exitCode = 2;
  } else if (error instanceof RunError) {
    process.stderr.write(`${error.code}: ${error.message}\n${error.remedy}\n`);
    process.exitCode = 1;
  } else {
    throw error;
  }
}
