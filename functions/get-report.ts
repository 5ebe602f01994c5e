import { createSecretReaders } from '../lib/credentials/secrets-manager.ts';
import { createLog } from '../lib/observability/logger.ts';
import { getReport } from '../lib/run/get-report.ts';
import { chooseReader } from '../lib/worker/choose-reader.ts';
import { createHandler } from './create-handler.ts';

const secretsOf = createSecretReaders();
const reader = chooseReader(process.env);

/** Invoked by hand: returns the consent and the report of one target, as a run would send it. It has no code that sends. */
export const handler = createHandler({
  log: createLog(),
  run: (event, invocation) => getReport(event, process.env, { ...invocation, secretsOf, reader }),
  async check(event, invocation) {
    const { runCheck } = await import('../lib/diagnostics/run-check.ts');
    return runCheck(event, process.env, { ...invocation, secretsOf, reader });
  },
});
