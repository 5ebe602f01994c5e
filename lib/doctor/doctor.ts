import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import * as z from 'zod/mini';
import {
  asksNotToTrack,
  type Consent,
  evaluateRules,
  NOT_TO_BE_TRACKED,
  type RuleAnswer,
} from '../consent.ts';
import type { SecretReader } from '../credentials.ts';
import { RunError, toRunError } from '../errors.ts';
import type { Facts } from '../facts.ts';
import { check } from '../input.ts';
import type { Line } from '../log.ts';
import type { Story } from '../outcome.ts';
import { type Phases, startPhases } from '../phases.ts';
import { type ReadingMilestone, type ReadingOptions, readDatabase } from '../reading.ts';
import type { Report } from '../report/report.ts';
import type { Due } from '../schedule.ts';
import type { Credentials } from '../secret.ts';
import { parseTarget, type Target, type TargetSettings } from '../target.ts';
import {
  describeTls,
  READING_STAGES,
  type Stage,
  type StageName,
  startWalk,
  type Walk,
} from './walk.ts';

const eventSchema = z.strictObject({ check: z.literal(true, 'must be true') });

export interface DoctorSettings extends TargetSettings {
  readonly DO_NOT_TRACK?: string | undefined;
}

export interface DoctorDependencies {
  /** Gives the reader of a target's secret. */
  readonly secretsOf: (target: Target) => SecretReader;
  /** How long it may take, in milliseconds. */
  readonly limitMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What is beyond the database, for a function that sends. */
export interface WayOut {
  readonly stages: readonly StageName[];
  /** Why nothing is sent, and no report built, whatever the database says. */
  readonly sendsNothing?: string;
  /** Of the run's time, what it needs. */
  readonly keepMs: number;
  /** Comes through its stages, and sends nothing. Throws at the broken one. */
  readonly walk: (walk: Walk, phases: Phases) => Promise<void>;
}

/** What a function is to do, from its environment. */
export interface Assignment {
  readonly target: Target;
  readonly wayOut?: WayOut;
}

/** What was found. */
export interface Examination {
  /** The target's name. */
  readonly database: string;
  readonly environment: string;
  /** No stage is broken. A run without consent is not broken. */
  readonly ok: boolean;
  /** The first broken stage and what is the matter with it; or that nothing is, and why a run would be skipped. */
  readonly sentence: string;
  /** Null when it could not be asked for. */
  readonly consent: Pick<Consent, 'granted' | 'level' | 'rule' | 'where' | 'sentence'> | null;
  readonly stages: readonly Stage[];
}

/** The one summary line of a check. */
export interface ExaminationLine extends Line {
  readonly outcome: 'examined' | 'failed';
  readonly environment?: string;
  readonly database?: string;
  readonly consent?: Examination['consent'];
  /** The first broken stage. */
  readonly stage?: StageName;
  readonly remedy?: string;
  readonly error?: { readonly code: string; readonly origin?: string; readonly retryable: boolean };
  readonly durationMs: Story['durationMs'];
}

/**
 * @property broken what the first broken stage has thrown
 * @property error there when nothing could be examined; whoever called throws it once the line is logged
 */
export interface ExaminationResult {
  readonly line: ExaminationLine;
  readonly examination?: Examination;
  readonly broken?: RunError;
  readonly error?: RunError;
}

function parseCheckEvent(event: unknown): void {
  const problems: string[] = [];
  if (check('event', eventSchema, event, problems) !== undefined) return;
  throw new RunError('EVENT_INVALID', `The event cannot be understood: ${problems.join('; ')}.`, {
    remedy: 'Send { "check": true } alone. Nothing was read or sent.',
  });
}

const OF_CONNECTION = ['dns', 'tcp', 'tls', 'login'] as const;
const WOULD_BE_SKIPPED = 'A run would be skipped.';
const WITHOUT_CONSENT = 'there is no consent';

/** What this way to the database does not have is behind us. */
function skipUnneeded(walk: Walk, { tls: { mode } }: Target, { host }: Credentials): void {
  if (host.startsWith('/')) walk.skip('dns', 'a Unix socket has no name');
  else if (isIP(host) !== 0) walk.skip('dns', 'the host is an address');
  if (mode === 'disable') walk.skip('tls', 'plain text, as tls.mode says');
}

/** What a rule says of its stage; one that denies is no fault. */
function answerOf({ decision, sentence, remedy }: RuleAnswer): Pick<Stage, 'detail' | 'remedy'> {
  if (decision !== 'denies') return { detail: sentence };
  return { detail: `${sentence} ${WOULD_BE_SKIPPED}`, ...(remedy !== undefined && { remedy }) };
}

function describeSchedule({ every, nextDue }: Due): string {
  return `It runs every ${every}, next at ${nextDue?.toISOString() ?? 'no time'}.`;
}

/** Level and job, each by itself: one may stand behind the other. */
function passRules(walk: Walk, target: Target, { facts, due }: Story): void {
  if (facts === undefined || due === undefined) return;
  const [, level, ...ofJob] = evaluateRules(facts, target, false);
  if (level !== undefined) walk.pass('level', answerOf(level));
  const job = ofJob.find(({ decision }) => decision === 'denies') ?? ofJob.at(-1);
  if (job === undefined) return;
  const { detail = '', ...more } = answerOf(job);
  const isToRun = job.decision !== 'denies' && facts.jobs.length > 0;
  walk.pass('job', { detail: isToRun ? `${detail} ${describeSchedule(due)}` : detail, ...more });
}

function describeExtension({ installedVersion, postgresqlVersion, standby }: Facts): string {
  return `TimescaleDB ${installedVersion} on PostgreSQL ${postgresqlVersion}${standby ? ', a standby' : ''}`;
}

/** Turns the milestones of the reading into stages. */
function observer(
  walk: Walk,
  story: Story,
  target: Target,
  seen: () => Credentials | undefined,
): NonNullable<ReadingOptions['observe']> {
  let logins = 0;
  let identifiedMs = 0;
  const at: Readonly<Record<ReadingMilestone, (secured?: TLSSocket) => void>> = {
    begun() {
      logins += 1;
      walk.again(OF_CONNECTION);
      const credentials = seen();
      if (credentials !== undefined) skipUnneeded(walk, target, credentials);
    },
    resolved: () => walk.pass('dns', { detail: 'the name resolves' }),
    connected: () => walk.pass('tcp', { detail: 'connected' }),
    secured(socket) {
      if (socket === undefined) return;
      walk.pass('tls', { detail: `${target.tls.mode}, ${describeTls(socket)}` });
    },
    loggedIn: () =>
      walk.pass('login', {
        detail:
          logins === 1
            ? 'accepted'
            : 'refused at first, and accepted with another version of the secret',
      }),
    identified() {
      identifiedMs = walk.lap();
    },
    factsRead() {
      walk.pass('privileges', { detail: "CONNECT, and TimescaleDB's catalogs" });
      if (story.facts === undefined) return;
      walk.pass('extension', { detail: describeExtension(story.facts), ms: identifiedMs });
    },
    decided: () => passRules(walk, target, story),
  };
  return (milestone, secured) => at[milestone](secured);
}

function describeReport({ body, source, fallback }: Report): string {
  const how = source === 'catalog' ? 'plain SQL' : "the server's own function";
  const why = fallback === undefined ? '' : `; not as wanted: ${fallback}`;
  return `${body.byteLength} bytes by ${how}, all of it published${why}`;
}

/** What an error says of the stages before the broken one: what has refused us was reached. */
function credit(walk: Walk, { code }: RunError, { facts }: Story): void {
  const isRefused = code === 'DATABASE_PERMISSION';
  if (isRefused && walk.isBehind('tcp') && !walk.isBehind('login')) {
    walk.pass('login', { detail: 'accepted' });
  }
  if (!isRefused && facts === undefined && walk.isBehind('login')) {
    walk.pass('privileges', { detail: 'CONNECT on the database', ms: 0 });
  }
}

/** From the secret to the report, by the code of a run; then the way out, if it is one that may be taken. */
async function walkAll(
  walk: Walk,
  story: Story,
  { target, wayOut }: Assignment,
  { secretsOf, now }: DoctorDependencies,
  phases: Phases,
): Promise<void> {
  const reader = secretsOf(target);
  let credentials: Credentials | undefined;
  const secrets: SecretReader = {
    async read(stage, signal) {
      credentials = await reader.read(stage, signal);
      if (!walk.isBehind('secret')) walk.pass('secret', describeSecret(target, credentials));
      return credentials;
    },
  };
  const sendsNothing = wayOut?.sendsNothing;
  const { consent, report } = await readDatabase(story, target, secrets, phases, {
    time: now(),
    ignoreSchedule: true,
    withoutReport: sendsNothing !== undefined,
    keepMs: wayOut?.keepMs ?? 0,
    observe: observer(walk, story, target, () => credentials),
  });
  if (report !== undefined) walk.pass('report', { detail: describeReport(report) });
  const why = consent.granted ? sendsNothing : WITHOUT_CONSENT;
  if (why === undefined) await wayOut?.walk(walk, phases);
  else walk.skipRest(why);
}

function describeSecret({ secretId }: Target, { versionId }: Credentials): Pick<Stage, 'detail'> {
  return { detail: versionId === undefined ? secretId : `${secretId}, version ${versionId}` };
}

/** What nothing being broken means for the next run. */
function wellSentence(consent: Consent, wayOut: WayOut | undefined): string {
  if (!consent.granted) return `Nothing is broken. ${consent.sentence} ${WOULD_BE_SKIPPED}`;
  if (wayOut === undefined) {
    return 'All is well as far as the report; the way to the endpoint is for send-report to check.';
  }
  return wayOut.sendsNothing === undefined
    ? 'All is well. A run would send its report when it is due.'
    : 'All is well. A run would judge the version when it is due, and send nothing.';
}

function shortOf({ granted, level, rule, where, sentence }: Consent) {
  return { granted, level, rule, where, sentence };
}

/** The result and the line, from the walk. Pure. */
function conclude(
  stages: readonly Stage[],
  { target, consent, durationMs }: Story,
  wayOut: WayOut | undefined,
  broken: RunError | undefined,
): ExaminationResult {
  const stage = stages.find(({ status }) => status === 'failed');
  const sentence =
    stage === undefined
      ? wellSentence(consent ?? NOT_TO_BE_TRACKED, wayOut)
      : `The stage "${stage.stage}" is broken: ${stage.detail}`;
  const remedy = stage === undefined ? consent?.remedy : stage.remedy;
  const names = { database: target?.name ?? '', environment: target?.environment ?? '' };
  const short = consent === undefined ? null : shortOf(consent);
  return {
    line: {
      outcome: 'examined',
      severity: broken === undefined ? 'INFO' : 'WARN',
      message: sentence,
      ...names,
      ...(short !== null && { consent: short }),
      ...(stage !== undefined && { stage: stage.stage }),
      ...(remedy !== undefined && { remedy }),
      ...(broken !== undefined && { error: tokensOf(broken) }),
      durationMs,
    },
    examination: { ...names, ok: broken === undefined, sentence, consent: short, stages },
    ...(broken !== undefined && { broken }),
  };
}

function tokensOf({ code, origin, retryable }: RunError): NonNullable<ExaminationLine['error']> {
  return { code, ...(origin !== undefined && { origin }), retryable };
}

async function findBroken(
  walk: Walk,
  story: Story,
  work: () => Promise<void>,
): Promise<RunError | undefined> {
  try {
    await work();
    return undefined;
  } catch (thrown) {
    const error = toRunError(thrown);
    credit(walk, error, story);
    // Of the files that a target names there is one alone, the authority's.
    walk.fail(error, error.code === 'CONFIG_INVALID' ? 'tls' : undefined);
    return error;
  }
}

/**
 * Comes through every stage of a run but the sending, by the code of a run, and says which is the first that is broken. A
 * broken stage is a result; an event or a configuration that cannot be understood is an error. Never throws: how it ended
 * is in the result.
 *
 * @param assign what the function is to do; throws RunError CONFIG_INVALID
 */
export async function examine<Settings extends DoctorSettings>(
  input: unknown,
  settings: Settings,
  dependencies: DoctorDependencies,
  assign: (settings: Settings) => Assignment = (own) => ({ target: parseTarget(own) }),
): Promise<ExaminationResult> {
  const story: Story = { durationMs: {} };
  const phases = startPhases(story.durationMs, dependencies.limitMs);
  try {
    const assignment = assign(settings);
    const { target, wayOut } = assignment;
    story.target = target;
    parseCheckEvent(input);
    const walk = startWalk([...READING_STAGES, ...(wayOut?.stages ?? [])]);
    const broken = await findBroken(walk, story, async () => {
      if (asksNotToTrack(settings.DO_NOT_TRACK)) {
        story.consent = NOT_TO_BE_TRACKED;
        walk.skipRest('DO_NOT_TRACK is set: not even the secret is read');
      } else {
        await walkAll(walk, story, assignment, dependencies, phases);
      }
    });
    phases.stop();
    return conclude(walk.stages(), story, wayOut, broken);
  } catch (thrown) {
    phases.stop();
    return { ...failure(toRunError(thrown), story) };
  }
}

function failure(error: RunError, { target, durationMs }: Story): ExaminationResult {
  return {
    line: {
      outcome: 'failed',
      severity: 'ERROR',
      message: error.message,
      ...(target && { environment: target.environment, database: target.name }),
      remedy: error.remedy,
      error: tokensOf(error),
      durationMs,
    },
    error,
  };
}
