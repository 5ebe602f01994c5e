import { parseTarget, type Target, type TargetSettings } from '../config/target.ts';
import { type Consent, decideConsent } from '../consent/decide-consent.ts';
import { RunError, toRunError } from '../errors.ts';
import { type Connection, connectWithRotation } from '../postgres/connect.ts';
import type { Durations, Phase } from '../run/deadline.ts';
import { type Ending, type RunContext, type RunDependencies, runToEnd } from '../run/run-to-end.ts';
import { type Facts, readFacts } from '../timescaledb/facts.ts';
import { type TimescaledbSnapshot, withTimescaledbSnapshot } from '../timescaledb/server-info.ts';
import { applyPlan } from './apply.ts';
import { asPlainRole } from './as-plain-role.ts';
import {
  type ChangeRecord,
  type Configured,
  type ConfigureLine,
  notesOnConsent,
  toLine,
} from './change-outcome.ts';
import { type Change, parseChange } from './event.ts';
import { allStatements, type Plan, planChange } from './plan.ts';
import { readServerContext, reporterSql } from './server-context.ts';

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

/** Opens connections to one target with one set of credentials, each for one phase. */
interface Session {
  inPhase<T>(
    phase: Phase,
    work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
  /** Reads the server, and decides the consent as a plain reporting role would see it. */
  inspect<T>(
    read: (snapshot: TimescaledbSnapshot, facts: Facts, consent: Consent) => T | Promise<T>,
  ): Promise<T>;
}

async function startSession(
  target: Target,
  change: Change,
  { secretsOf, deadline }: RunContext,
): Promise<Session> {
  const secrets = secretsOf(target);
  const credentials = await deadline.run('credentials', (signal) =>
    secrets.read('AWSCURRENT', signal),
  );
  const inPhase: Session['inPhase'] = async (phase, work) => {
    const connection = await deadline.run('connection', (signal) =>
      connectWithRotation(credentials, secrets, target, signal),
    );
    return deadline.run(phase, (signal) => work(connection, signal));
  };
  const reporter = reporterSql(change);
  return {
    inPhase,
    inspect: (read) =>
      inPhase('database', (connection, signal) =>
        withTimescaledbSnapshot(connection, signal, deadline.remainingMs, async (snapshot) => {
          const facts = await readFacts(snapshot, reporter);
          return read(snapshot, facts, decideConsent(asPlainRole(facts), target));
        }),
      ),
  };
}

async function apply(session: Session, plan: Plan): Promise<readonly string[]> {
  return session.inPhase('change', (connection, signal) => applyPlan(connection, signal, plan));
}

async function consentAfter(session: Session): Promise<Consent> {
  try {
    return await session.inspect((_snapshot, _facts, consent) => consent);
  } catch (thrown) {
    throw consentUnknownError(thrown);
  }
}

/** Names broken jobs and vulnerabilities, which a person who changes telemetry should know. */
async function notesOnVersion(
  facts: Facts,
  target: Target,
  now: number,
): Promise<readonly string[]> {
  const { checkVersion } = await import('../version-check/check-version.ts');
  const { verdict, dataWarning } = await checkVersion(facts, target, now);
  const { codes, message, advisories, installed } = verdict;
  return [
    ...(codes.includes('jobs-broken') ? [`${message}. The check says what to install.`] : []),
    ...(advisories.length > 0
      ? [
          `TimescaleDB ${installed} has a published vulnerability (${advisories.join(', ')}). The check says what to install.`,
        ]
      : []),
    ...(dataWarning === undefined ? [] : [dataWarning]),
  ];
}

/** @param learn receives each new part of the change's record */
async function execute(
  input: unknown,
  settings: TargetSettings,
  context: RunContext,
  learn: (learned: Partial<ChangeRecord>) => void,
): Promise<Configured> {
  const target = parseTarget(settings);
  learn({ target });
  const change = parseChange(input);
  learn({ change });
  const session = await startSession(target, change, context);
  const {
    before,
    plan,
    facts: found,
  } = await session.inspect(async (snapshot, facts, consent) => {
    learn({ before: consent });
    if (facts.standby) throw standbyError();
    const serverContext = await readServerContext(snapshot, change);
    const planned = planChange({ change, server: snapshot.server, facts, serverContext });
    return {
      before: consent,
      plan: planned,
      facts,
    };
  });
  // After the transaction, which must not wait for the version data.
  let notes = [...plan.notes, ...(await notesOnVersion(found, target, context.now()))];
  learn({ plan, notes });
  let after: Consent | null = null;
  if (!change.dryRun) {
    notes = [...notes, ...(await apply(session, plan))];
    learn({ notes });
    after = await consentAfter(session);
    notes = [...notes, ...notesOnConsent(change, after)];
    learn({ after, notes });
  }
  return {
    database: target.name,
    environment: target.environment,
    action: change.action,
    dryRun: change.dryRun,
    statements: allStatements(plan).map(({ sql }) => sql),
    notes,
    consent: { before, after },
  };
}

/**
 * Turns telemetry on or off as TimescaleDB documents it for the installed release, and returns the consent before and
 * after. Never throws.
 */
export async function configure(
  input: unknown,
  settings: TargetSettings,
  dependencies: RunDependencies,
): Promise<Ending<ConfigureLine, Configured>> {
  const durationMs: Durations = {};
  let record: ChangeRecord = { notes: [] };
  const recorder = { durationMs, emit: () => undefined };
  const { result, error } = await runToEnd(dependencies, recorder, (context) =>
    execute(input, settings, context, (learned) => {
      record = { ...record, ...learned };
    }),
  );
  return { line: toLine(record, durationMs, error), result, error };
}
