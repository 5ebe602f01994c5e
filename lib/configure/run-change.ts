import { RunError, toRunError } from '../errors.ts';
import type { Connection } from '../postgres/connect.ts';
import type { Phase } from '../run/deadline.ts';
import type { DatabaseContext } from '../run/run-to-end.ts';
import { type Facts, readFacts } from '../timescaledb/facts.ts';
import { type TimescaledbSnapshot, withTimescaledbSnapshot } from '../timescaledb/server-info.ts';
import { applyPlan } from './apply.ts';
import type { Change } from './event.ts';
import { allStatements, planChange } from './plan.ts';
import { readServerContext, reporterSql } from './server-context.ts';
import type { StatementText } from './statement.ts';

/** The parts of a change, in the order in which they become known. */
export interface ChangeParts {
  /** The facts before the change. */
  readonly facts?: Facts;
  readonly plan?: {
    /** All statements, in the order in which they run. */
    readonly statements: readonly StatementText[];
    readonly notes: readonly string[];
  };
  /** Notes on statements that failed after the change was applied. Absent after a dry run. */
  readonly applyNotes?: readonly string[];
  /** The facts after the change. Absent after a dry run. */
  readonly factsAfter?: Facts;
}

function standbyError(): RunError {
  return new RunError(
    'CHANGE_FAILED',
    'This server is a standby and accepts no changes. Nothing was changed.',
    { remedy: 'Point the target of configure at the primary.' },
  );
}

function consentUnknownError(thrown: unknown): RunError {
  const { code, message, origin, original } = toRunError(thrown);
  return new RunError(
    code,
    `The change was applied completely, but the consent after it could not be read. ${message}`,
    {
      remedy: 'Run the same event with dryRun later to see the consent. A dry run changes nothing.',
      origin,
      original,
    },
  );
}

/**
 * Reads the server, plans the statements for its release, applies them unless it is a dry run, and reads the server again.
 * Each of these steps has a connection of its own.
 *
 * @param connect opens a connection, and logs in
 * @param learn receives each part as soon as it is known
 * @throws RunError EVENT_INVALID, CHANGE_*, DATABASE_*, CATALOG_*, EXTENSION_MISSING, VERSION_UNSUPPORTED, TIME_LIMIT
 */
export async function runChange(
  connect: (signal: AbortSignal) => Promise<Connection>,
  change: Change,
  { deadline }: Pick<DatabaseContext, 'deadline'>,
  learn: (parts: ChangeParts) => void,
): Promise<void> {
  const inPhase = async <T>(
    phase: Phase,
    work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const connection = await deadline.run('connection', connect);
    return deadline.run(phase, (signal) => work(connection, signal));
  };
  const inspect = <T>(
    read: (snapshot: TimescaledbSnapshot, facts: Facts) => T | Promise<T>,
  ): Promise<T> =>
    inPhase('database', (connection, signal) =>
      withTimescaledbSnapshot(connection, signal, deadline.remainingMs, async (snapshot) =>
        read(snapshot, await readFacts(snapshot, reporterSql(change))),
      ),
    );

  const plan = await inspect(async (snapshot, facts) => {
    learn({ facts });
    if (facts.standby) throw standbyError();
    const serverContext = await readServerContext(snapshot, change);
    return planChange({ change, server: snapshot.server, facts, serverContext });
  });
  const statements = allStatements(plan).map(({ sql, title }) => ({ sql, title }));
  learn({ plan: { statements, notes: plan.notes } });
  if (change.dryRun) return;
  learn({
    applyNotes: await inPhase('change', (connection, signal) =>
      applyPlan(connection, signal, plan),
    ),
  });
  try {
    learn({ factsAfter: await inspect((_snapshot, facts) => facts) });
  } catch (thrown) {
    throw consentUnknownError(thrown);
  }
}
