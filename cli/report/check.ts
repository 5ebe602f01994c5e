import { cutText } from '../../lib/config/printable.ts';
import { runCheck } from '../../lib/diagnostics/run-check.ts';
import type { ExitStatus } from '../command.ts';
import { functionFor } from '../local-function.ts';
import { printJson, statusOfCheck } from '../output/finish.ts';
import { showCheck } from '../output/results/show-check.ts';
import { showSql } from '../output/results/show-sql.ts';
import { beginSession } from './session.ts';
import type { TargetOptions } from './target.ts';

/** Limit of the server's own error text: a server may send megabytes. */
const MAX_SERVER_TEXT_LENGTH = 2_000;

export interface CheckOptions extends TargetOptions {
  readonly json: boolean;
}

/** Checks every stage of a run, except sending, and shows the result. */
export async function checkDatabase(options: CheckOptions): Promise<ExitStatus> {
  const { connection, target, json, latestVersion } = options;
  if (options.showSql) showSql();
  const { reporter, credentials, adapter } = await beginSession(
    connection,
    json,
    'check of your server; nothing is sent',
  );
  const { result, error } = await runCheck(
    { check: true },
    ...functionFor(target, credentials, latestVersion),
  );
  if (result === undefined) {
    throw error === undefined
      ? new TypeError('The check has neither result nor error.')
      : adapter.error(error);
  }
  const adapted = { ...adapter.check(result), database: credentials.database };
  const serverTexts =
    error?.original === undefined ? [] : [cutText(String(error.original), MAX_SERVER_TEXT_LENGTH)];
  if (json) printJson({ ...adapted, ...(serverTexts.length > 0 && { serverTexts }) });
  showCheck(reporter, adapted, serverTexts);
  return statusOfCheck(adapted);
}
