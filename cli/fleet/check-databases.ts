import type { Level } from '../../lib/config/target.ts';
import { RunError, toErrorFields, toRunError } from '../../lib/errors.ts';
import { worstFirst } from '../../lib/fleet/conditions.ts';
import type { FleetState } from '../../lib/fleet/fleet-state.ts';
import { fold } from '../../lib/fleet/fold.ts';
import type { RecordedLine, RecordedRun } from '../../lib/record/recorded-run.ts';
import { getReport, type Preview } from '../../lib/run/get-report.ts';
import type { Outcome } from '../../lib/run/outcome.ts';
import { functionFor } from '../local-function.ts';
import { findCredentials, readListedConnection } from '../options/connection.ts';
import { describeList, readDatabases } from '../options/databases.ts';
import { createCliAdapter } from '../output/adapt-for-cli.ts';
import { showProgressBar } from '../output/terminal/progress-bar.ts';
import type { DatabaseList, ListedDatabase } from './database-list.ts';
import { mapWithLimit } from './pool.ts';
import { type FleetSource, toRow } from './row.ts';

/** Environment of databases that are checked from this machine. */
const LOCAL = 'local';

/** Choices for the check of a list. */
export interface CheckChoices {
  /** The telemetry level of a server built without telemetry. */
  readonly level: Level;
  /** Version to compare with; undefined for the newest of the version data. */
  readonly latestVersion: string | undefined;
  /** Greatest number of databases that are checked at a time. */
  readonly parallel: number;
}

function failedLine(error: RunError): Outcome {
  const { message, remedy } = error;
  return {
    severity: 'ERROR',
    outcome: 'failed',
    message,
    remedy,
    error: toErrorFields(error),
    durationMs: {},
  };
}

/** Returns the error of an entry that cannot be used. */
function listError({ position, problems }: ListedDatabase): RunError {
  return new RunError(
    'CONFIG_INVALID',
    `The list of databases has a problem in ${position}: ${problems.join('; ')}.`,
    { remedy: `Correct ${position} of the list: ${problems.join('; ')}.` },
  );
}

/** The line and the preview of one database. */
interface Reading {
  readonly line: Outcome;
  readonly preview: Preview | undefined;
}

/** Reads one database as get-report does, which has no code that could send. Opens no user relation. */
async function read(database: ListedDatabase, choices: CheckChoices): Promise<Reading> {
  const problems = [...database.problems];
  const connection = problems.length === 0 && readListedConnection(database.parts, problems);
  if (!connection || problems.length > 0) {
    return { line: failedLine(listError({ ...database, problems })), preview: undefined };
  }
  const credentials = await findCredentials(connection);
  const adapter = createCliAdapter({ levelOption: '--level', credentials });
  const target = {
    name: 'own-server',
    tls: connection.tls,
    level: choices.level,
    sizes: 'estimated',
  } as const;
  const { line, result } = await getReport(
    {},
    ...functionFor(target, credentials, choices.latestVersion),
  );
  return {
    line: adapter.outcome(line),
    preview: result === undefined ? undefined : adapter.preview(result),
  };
}

/** Makes the line of a run that has sent nothing. The report that was built is not part of it. */
function toRecordedLine(name: string, { line, preview }: Reading): RecordedLine {
  const { report: _, uuid: __, outcome, ...rest } = line;
  const read = preview?.consent.granted ? 'checked' : 'skipped';
  return {
    ...rest,
    outcome: preview === undefined ? 'failed' : read,
    environment: LOCAL,
    database: name,
    ...(preview !== undefined && { version: preview.version }),
  };
}

/** Checks one database: returns its run, as it would have been recorded. Never throws. */
async function check(database: ListedDatabase, choices: CheckChoices): Promise<RecordedRun> {
  const reading = await read(database, choices).catch((thrown: unknown) => ({
    line: failedLine(toRunError(thrown)),
    preview: undefined,
  }));
  const line = toRecordedLine(database.name, reading);
  return { version: 1, recordedAt: new Date().toISOString(), line, report: null };
}

async function checkAll(
  { databases }: DatabaseList,
  choices: CheckChoices,
): Promise<readonly RecordedRun[]> {
  const progress = showProgressBar('checking', databases.length);
  try {
    return await mapWithLimit(databases, choices.parallel, async (database) => {
      const checked = await check(database, choices);
      progress.advance(database.name);
      return checked;
    });
  } finally {
    progress.remove();
  }
}

function toState(runs: readonly RecordedRun[]): FleetState {
  return fold(undefined, runs, {
    environment: LOCAL,
    now: new Date().toISOString(),
    databases: runs.map(({ line }) => ({ name: line.database, tickHours: 24 })),
  });
}

/** Creates the source that checks each database of a list now. Nothing is sent. */
export function listedDatabases(file: string, choices: CheckChoices): FleetSource {
  return {
    title: `check of the databases in ${describeList(file)}; nothing is sent`,
    isLive: true,
    async load() {
      const list = await readDatabases(file);
      const state = toState(await checkAll(list, choices));
      return { state, rows: worstFirst(state).map(toRow), notes: list.notes };
    },
  };
}
