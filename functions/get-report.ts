import { getReport } from '../lib/run/get-report.ts';
import { inProcessReader as reader } from '../lib/run/read-database.ts';
import { createHandler } from './create-handler.ts';

/** Invoked by hand: returns the consent and the report of one target, as a run would send it. It has no code that sends. */
export const handler = createHandler({
  run: (event, dependencies) => getReport(event, process.env, { ...dependencies, reader }),
  async check(event, dependencies) {
    const { runCheck } = await import('../lib/diagnostics/run-check.ts');
    return runCheck(event, process.env, { ...dependencies, reader });
  },
});
