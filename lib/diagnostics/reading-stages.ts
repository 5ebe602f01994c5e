import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Target } from '../config/target.ts';
import { evaluateRules, type RuleAnswer } from '../consent/decide-consent.ts';
import type { Credentials } from '../credentials/parse-secret.ts';
import type { RunError } from '../errors.ts';
import type { Report } from '../report/build-report.ts';
import type { RunRecord } from '../run/outcome.ts';
import type { ReadingMilestone, ReadingOptions } from '../run/read-database.ts';
import type { Due } from '../schedule/due.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { describeTls, type Stage, type Walk, WOULD_BE_SKIPPED } from './checklist.ts';

const OF_CONNECTION = ['dns', 'tcp', 'tls', 'login'] as const;

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
  if (nextDue === null) return 'It is never due.';
  return `It runs every ${every}, next at ${nextDue.toISOString()}.`;
}

/** Level and job, each by itself: one may stand behind the other. */
function passRules(walk: Walk, target: Target, { facts, due }: RunRecord): void {
  if (facts === undefined || due === undefined) return;
  const [, level, ...others] = evaluateRules(facts, target, false);
  if (level !== undefined) walk.pass('level', answerOf(level));
  const job =
    others.find(({ decision }) => decision === 'denies') ??
    others.find(({ rule }) => rule === 'job-paused');
  if (job === undefined) return;
  const { detail = '', ...more } = answerOf(job);
  const isToRun = job.decision !== 'denies' && facts.jobs.length > 0;
  walk.pass('job', { detail: isToRun ? `${detail} ${describeSchedule(due)}` : detail, ...more });
}

function describeExtension({ installedVersion, postgresqlVersion, standby }: Facts): string {
  return `TimescaleDB ${installedVersion} on PostgreSQL ${postgresqlVersion}${standby ? ', a standby' : ''}`;
}

/**
 * Turns the milestones of the reading into stages.
 *
 * @param seen the credentials that were read last
 */
export function observer(
  walk: Walk,
  story: RunRecord,
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

export function describeSecret({ secretId }: Target, { versionId }: Credentials): string {
  return versionId === undefined ? secretId : `${secretId}, version ${versionId}`;
}

export function describeReport({ body, source, fallback }: Report): string {
  const how = source === 'catalog' ? 'plain SQL' : "the server's own function";
  const why = fallback === undefined ? '' : `; not as wanted: ${fallback}`;
  return `${body.byteLength} bytes by ${how}, all of it published${why}`;
}

/** What an error says of the stages before the broken one: what has refused us was reached. */
export function credit(walk: Walk, { code }: RunError, { facts }: RunRecord): void {
  const isRefused = code === 'DATABASE_PERMISSION';
  if (isRefused && walk.isDone('tcp') && !walk.isDone('login')) {
    walk.pass('login', { detail: 'accepted' });
  }
  if (!isRefused && facts === undefined && walk.isDone('login')) {
    walk.pass('privileges', { detail: 'CONNECT on the database', ms: 0 });
  }
}
