import type { Target } from '../config/target.ts';
import { evaluateRules, type RuleAnswer } from '../consent/decide-consent.ts';
import type { RunError } from '../errors.ts';
import type { HostKind } from '../postgres/socket.ts';
import type { Report } from '../report/build-report.ts';
import type { RunProgress, RunRecord } from '../run/run-record.ts';
import type { Due } from '../schedule/due.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { type Checklist, describeTls, type Stage, WOULD_BE_SKIPPED } from './checklist.ts';

const CONNECTION_STAGES = ['dns', 'tcp', 'tls', 'login'] as const;

/** Skips the stages that a connection of this target does not have. */
function skipUnneeded(checklist: Checklist, { tls: { mode } }: Target, host: HostKind): void {
  if (host === 'unix-socket') checklist.skip('dns', 'a Unix socket has no host name');
  if (host === 'address') checklist.skip('dns', 'the host is an address');
  if (mode === 'disable') checklist.skip('tls', 'plain text: tls.mode is disable');
}

/** Converts the answer of a rule to a stage. A denial is not a failure. */
function answerOf({ decision, sentence, remedy }: RuleAnswer): Pick<Stage, 'detail' | 'remedy'> {
  if (decision !== 'denies') return { detail: sentence };
  return { detail: `${sentence} ${WOULD_BE_SKIPPED}`, ...(remedy !== undefined && { remedy }) };
}

function describeSchedule({ every, nextDue }: Due): string {
  if (nextDue === null) return 'It is never due.';
  return `It runs every ${every}, next at ${nextDue.toISOString()}.`;
}

/** Passes the stages of level and job separately: the level's denial must not hide the job's. */
function passRules(
  checklist: Checklist,
  target: Target,
  facts: Facts,
  due: Due,
  at: number | undefined,
): void {
  const rules = evaluateRules(facts, target, false).filter(({ rule }) => rule !== 'do-not-track');
  const level = rules.find(({ rule }) => rule.startsWith('level-'));
  if (level !== undefined) checklist.pass('level', { ...answerOf(level), at });
  const job =
    rules.find((one) => one !== level && one.decision === 'denies') ??
    rules.find(({ rule }) => rule === 'job-paused');
  if (job === undefined) return;
  const { detail = '', ...more } = answerOf(job);
  const isToRun = job.decision !== 'denies' && facts.jobs.length > 0;
  checklist.pass('job', {
    detail: isToRun ? `${detail} ${describeSchedule(due)}` : detail,
    ...more,
    at,
  });
}

function describeExtension({ installedVersion, postgresqlVersion, standby }: Facts): string {
  return `TimescaleDB ${installedVersion} on PostgreSQL ${postgresqlVersion}${standby ? ', a standby' : ''}`;
}

function describeSecret({ secretId }: Target, versionId: string | undefined): string {
  return versionId === undefined ? secretId : `${secretId}, version ${versionId}`;
}

/** Describes the report that a check has built. */
export function describeReport({ body, source, fallback }: Report): string {
  const how = source === 'catalog' ? 'plain SQL' : "the server's own function";
  const why = fallback === undefined ? '' : `; not as configured: ${fallback}`;
  return `${body.byteLength} bytes by ${how}, every field published${why}`;
}

/** Turns the progress of the reading into stages. */
export function observeReading(
  checklist: Checklist,
  target: Target,
): (event: RunProgress, record: RunRecord, at?: number) => void {
  let logins = 0;
  let identifiedMs = 0;
  return (event, { facts }, at) => {
    switch (event.type) {
      case 'credentials-read':
        checklist.pass('secret', { detail: describeSecret(target, event.versionId) });
        break;
      case 'worker-answered':
        checklist.pass('worker', { detail: 'answered', at });
        break;
      case 'connection-started':
        logins += 1;
        checklist.reset(CONNECTION_STAGES, at);
        skipUnneeded(checklist, target, event.host);
        break;
      case 'name-resolved':
        checklist.pass('dns', { detail: 'the name resolves', at });
        break;
      case 'connected':
        checklist.pass('tcp', { detail: 'connected', at });
        break;
      case 'tls-established':
        checklist.pass('tls', { detail: `${target.tls.mode}, ${describeTls(event.tls)}`, at });
        break;
      case 'logged-in':
        checklist.pass('login', {
          detail:
            logins === 1
              ? 'accepted'
              : 'refused at first, then accepted with another version of the secret',
          at,
        });
        break;
      case 'server-identified':
        identifiedMs = checklist.elapsed(at);
        break;
      case 'facts-read':
        checklist.pass('privileges', { detail: "CONNECT, and TimescaleDB's catalogs", at });
        checklist.pass('extension', { detail: describeExtension(event.facts), ms: identifiedMs });
        break;
      case 'due-decided':
        if (facts !== undefined) passRules(checklist, target, facts, event.due, at);
        break;
    }
  };
}

/** Passes the stages that an error proves: a server that refuses access has been reached. */
export function inferPassedStages(
  checklist: Checklist,
  { code }: RunError,
  { facts }: RunRecord,
): void {
  const isRefused = code === 'DATABASE_PERMISSION';
  if (isRefused && checklist.isDone('tcp') && !checklist.isDone('login')) {
    checklist.pass('login', { detail: 'accepted' });
  }
  if (!isRefused && facts === undefined && checklist.isDone('login')) {
    checklist.pass('privileges', { detail: 'CONNECT on the database', ms: 0 });
  }
}
