import { parseTarget, type Target, type TargetSettings } from '../config/target.ts';
import { type Consent, decideConsent } from '../consent/decide-consent.ts';
import type { SecretReader } from '../credentials/secrets-manager.ts';
import { type ErrorFields, RunError, toErrorFields, toRunError } from '../errors.ts';
import { type Connection, login } from '../postgres/connect.ts';
import { createDeadline, type Deadline } from '../run/deadline.ts';
import type { Line, Phase, RunRecord } from '../run/outcome.ts';
import { type Facts, readFacts } from '../timescaledb/facts.ts';
import { type TimescaledbSnapshot, withTimescaledbSnapshot } from '../timescaledb/server-info.ts';
import { applyPlan } from './apply.ts';
import { asPlainRole } from './as-plain-role.ts';
import { type Change, parseChange } from './event.ts';
import { type Plan, planChange } from './plan.ts';
import { readServerContext, reporterSql } from './server-context.ts';

export interface ConfigureDependencies {
  /** Gives the reader of a target's secret: the administrator's. */
  readonly secretsOf: (target: Target) => SecretReader;
  /** How long it may take, in milliseconds. */
  readonly limitMs: number;
}

/** What was changed, or would be. */
export interface Configured {
  /** The target's name. */
  readonly database: string;
  readonly environment: string;
  readonly action: Change['action'];
  readonly dryRun: boolean;
  /** Exactly as they run, or would, in their order. */
  readonly statements: readonly string[];
  readonly notes: readonly string[];
  readonly consent: {
    readonly before: Consent;
    /** Null after a dry run. */
    readonly after: Consent | null;
  };
}

/** How a change ended, in the log: without the names of roles and databases. */
export interface ConfigureLine extends Line {
  readonly outcome: 'changed' | 'planned' | 'failed';
  readonly environment?: string;
  readonly database?: string;
  readonly action?: Change['action'];
  readonly scope?: Change['scope']['kind'];
  readonly statements?: readonly string[];
  readonly notes?: readonly string[];
  readonly consent?: Readonly<
    Record<'before' | 'after', Pick<Consent, 'granted' | 'level' | 'rule' | 'where'> | null>
  >;
  readonly remedy?: string;
  readonly error?: ErrorFields;
  readonly durationMs: RunRecord['durationMs'];
}

/**
 * @property error there when the change failed; whoever called throws it once the line is logged
 */
export interface ConfigureResult {
  readonly line: ConfigureLine;
  readonly configured?: Configured;
  readonly error?: RunError;
}

/** What one change has come to so far. */
interface Progress {
  target?: Target;
  change?: Change;
  plan?: Plan;
  before?: Consent;
  after?: Consent;
  notes: readonly string[];
  readonly durationMs: RunRecord['durationMs'];
}

function allStatements({ alone, together, after }: Plan) {
  return [...alone, ...together, ...after];
}

function standbyError(): RunError {
  return new RunError(
    'CHANGE_FAILED',
    'This server is a standby, on which nothing can be changed. Nothing was changed.',
    { remedy: 'Point the target of configure at the primary.' },
  );
}

/** The change itself is committed; only what it made of the consent is not known. */
function changedButUnseen(thrown: unknown): RunError {
  const { code, message, origin, original } = toRunError(thrown);
  return new RunError(
    code,
    `The change is made, all of it; what it made of the consent could not be read. ${message}`,
    {
      remedy: 'The same with dryRun, later, shows the consent as it is then, and changes nothing.',
      origin,
      original,
    },
  );
}

/** What was wanted and what came of it may differ: another place can be stricter. */
function notesOnConsent({ action, scope }: Change, after: Consent): readonly string[] {
  if (action === 'enable' && !after.granted) {
    return [`Telemetry is still denied. ${after.sentence} ${after.remedy ?? ''}`.trim()];
  }
  if (action === 'disable' && after.granted) {
    const help = scope.kind === 'instance' ? ' Use the scope "database" too.' : '';
    return [`Telemetry of this database is still on. ${after.sentence}${help}`];
  }
  return [];
}

async function change(
  progress: Progress,
  input: unknown,
  settings: TargetSettings,
  { secretsOf }: ConfigureDependencies,
  phases: Deadline,
): Promise<void> {
  const target = parseTarget(settings);
  progress.target = target;
  const wanted = parseChange(input);
  progress.change = wanted;
  const secrets = secretsOf(target);
  const credentials = await phases.run('credentials', (signal) =>
    secrets.read('AWSCURRENT', signal),
  );
  const connected = async <T>(
    phase: Phase,
    work: (connection: Connection, signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const connection = await phases.run('connection', (signal) =>
      login(credentials, secrets, target, signal),
    );
    return phases.run(phase, (signal) => work(connection, signal));
  };
  const reporter = reporterSql(wanted);
  const look = <T>(
    read: (snapshot: TimescaledbSnapshot, facts: Facts, consent: Consent) => T | Promise<T>,
  ) =>
    connected('database', (connection, signal) =>
      withTimescaledbSnapshot(connection, signal, phases.remainingMs, async (snapshot) => {
        const facts = await readFacts(snapshot, reporter);
        return read(snapshot, facts, decideConsent(asPlainRole(facts), target));
      }),
    );

  const plan = await look(async (snapshot, facts, consent) => {
    progress.before = consent;
    if (facts.standby) throw standbyError();
    const serverContext = await readServerContext(snapshot, wanted);
    return planChange({ change: wanted, server: snapshot.server, facts, serverContext });
  });
  progress.plan = plan;
  progress.notes = plan.notes;

  if (!wanted.dryRun) {
    const notes = await connected('change', (connection, signal) =>
      applyPlan(connection, signal, plan),
    );
    progress.notes = [...plan.notes, ...notes];
    let after: Consent;
    try {
      after = await look((_snapshot, _facts, consent) => consent);
    } catch (thrown) {
      throw changedButUnseen(thrown);
    }
    progress.after = after;
    progress.notes = [...progress.notes, ...notesOnConsent(wanted, after)];
  }
}

function messageOf({ change: wanted, after }: Progress): string {
  if (wanted === undefined) return '';
  if (wanted.dryRun) return 'This is what would be changed; nothing was.';
  const isOn = wanted.action === 'enable';
  if (after !== undefined && after.granted !== isOn) {
    return `The change was made, and telemetry is still ${isOn ? 'off' : 'on'}. ${after.sentence}`;
  }
  return `Telemetry was turned ${isOn ? 'on' : 'off'}. ${after?.sentence ?? ''}`.trim();
}

function brief(consent: Consent | undefined) {
  if (consent === undefined) return null;
  const { granted, level, rule, where } = consent;
  return { granted, level, rule, where };
}

function toLine(progress: Progress, error: RunError | undefined): ConfigureLine {
  const { target, change: wanted, plan, before, after, notes, durationMs } = progress;
  const common = {
    ...(target && { environment: target.environment, database: target.name }),
    ...(wanted && { action: wanted.action, scope: wanted.scope.kind }),
    ...(plan && { statements: allStatements(plan).map(({ title }) => title) }),
    ...(notes.length > 0 && { notes }),
    ...(before && { consent: { before: brief(before), after: brief(after) } }),
    durationMs,
  };
  if (error !== undefined) {
    const { message, remedy } = error;
    return {
      outcome: 'failed',
      severity: 'ERROR',
      message,
      ...common,
      remedy,
      error: toErrorFields(error),
    };
  }
  return {
    outcome: wanted?.dryRun ? 'planned' : 'changed',
    severity: 'INFO',
    message: messageOf(progress),
    ...common,
  };
}

function toConfigured({ target, change: wanted, plan, before, after, notes }: Progress) {
  if (target === undefined || wanted === undefined || plan === undefined || before === undefined) {
    return undefined;
  }
  return {
    database: target.name,
    environment: target.environment,
    action: wanted.action,
    dryRun: wanted.dryRun,
    statements: allStatements(plan).map(({ sql }) => sql),
    notes,
    consent: { before, after: after ?? null },
  };
}

/**
 * Turns telemetry on or off as TimescaleDB's documentation describes, for the release at hand, and says what that made of
 * the consent. Never throws: how it ended is in the result.
 */
export async function configure(
  input: unknown,
  settings: TargetSettings,
  dependencies: ConfigureDependencies,
): Promise<ConfigureResult> {
  const progress: Progress = { notes: [], durationMs: {} };
  const phases = createDeadline(progress.durationMs, dependencies.limitMs);
  let error: RunError | undefined;
  try {
    await change(progress, input, settings, dependencies, phases);
  } catch (thrown) {
    error = toRunError(thrown);
  } finally {
    phases.stop();
  }
  const line = toLine(progress, error);
  if (error !== undefined) return { line, error };
  const configured = toConfigured(progress);
  return { line, ...(configured && { configured }) };
}
