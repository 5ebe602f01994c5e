import { createHash } from 'node:crypto';
import { parseTarget, type Target } from '../lib/config/target.ts';
import { decideConsent } from '../lib/consent/decide-consent.ts';
import { statusError, unreachableError } from '../lib/delivery/errors.ts';
import { RunError } from '../lib/errors.ts';
import type { ConfiguredDatabase } from '../lib/fleet/fleet-state.ts';
import type { RecordedRun } from '../lib/record/recorded-run.ts';
import type { Report } from '../lib/report/build-report.ts';
import { toOutcome } from '../lib/run/outcome.ts';
import type { RunRecord } from '../lib/run/run-record.ts';
import type { Due } from '../lib/schedule/due.ts';
import type { Facts } from '../lib/timescaledb/facts.ts';
import { HOUR_MS } from '../lib/timescaledb/interval.ts';
import { judge } from '../lib/version-check/judge-version.ts';
import type { ReleaseData } from '../lib/version-check/release-data.ts';
import { chance, uuidOf } from './fleet-demo/chance.ts';
import { demoFacts } from './fleet-demo/facts.ts';
import { knowledgeOn, LAST_DATE, newestOn } from './fleet-demo/knowledge.ts';
import { DEMO_DATABASES, type DemoDatabase, demoDates, isWithin } from './fleet-demo/plan.ts';
import { demoReport } from './fleet-demo/report.ts';

/** A simulated fleet. */
export interface DemoFleet {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** The evening of the last day, ISO 8601. */
  readonly now: string;
  readonly databases: readonly ConfiguredDatabase[];
  /** The runs, in the order of their ticks. */
  readonly runs: readonly RecordedRun[];
}

const ENVIRONMENT = 'demo';

/** One tick of a database. */
interface DemoTick {
  readonly database: DemoDatabase;
  /** Number of the day, from 0, and its date. */
  readonly day: number;
  readonly date: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly isDue: boolean;
  readonly data: ReleaseData;
}

function targetOf({ name, tickHours }: DemoDatabase): Target {
  return parseTarget({
    TARGET: JSON.stringify({ name, environment: ENVIRONMENT, secretId: `demo/${name}`, tickHours }),
  });
}

function reportOf({ database, day }: DemoTick, facts: Facts): Report {
  const versions = { timescaledb: facts.installedVersion, postgresql: facts.postgresqlVersion };
  const body = new TextEncoder().encode(demoReport(database, versions, day));
  return {
    source: 'catalog',
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    estimatedRelations: 0,
    uuid: uuidOf(database.name),
  };
}

const REFUSED = new RunError(
  'DATABASE_AUTHENTICATION',
  'PostgreSQL refused the login: the role or its password is wrong.',
  {
    remedy: 'Correct the user name and the password in the secret. Then invoke a check.',
    origin: '28P01',
  },
);

const UNREACHABLE = new RunError(
  'DATABASE_UNREACHABLE',
  'No connection to the database could be established within 10 s.',
  {
    remedy: 'Check that the server is running, and that its firewall admits the function.',
    origin: 'ETIMEDOUT',
  },
);

/** Share of the reports that the endpoint does not answer, or answers with 503, at the first attempt. */
const UNDELIVERED_SHARE = 0.008;

/** Returns the record of a run whose report was posted, and not accepted. */
function undelivered({ receipt, ...read }: RunRecord, isAnswered: boolean): RunRecord {
  const durationMs = { delivery: isAnswered ? 240 : 10_000, total: isAnswered ? 700 : 10_500 };
  const { verdict: _, ...posted } = { ...read, durationMs };
  return isAnswered && receipt !== undefined
    ? { ...posted, receipt: { ...receipt, status: 503 }, error: statusError(503) }
    : { ...posted, error: unreachableError(new DOMException('No answer.', 'TimeoutError')) };
}

/** Returns the record of a run that has read the database. */
function successful(tick: DemoTick, common: RunRecord & { readonly target: Target }): RunRecord {
  const { database, day, date, time, isDue, data } = tick;
  const facts = demoFacts(database, day, date);
  const consent = decideConsent(facts, common.target);
  const due: Due = {
    isDue,
    nextDue: new Date(Date.parse(`${date}T00:00:00Z`) + 24 * HOUR_MS),
    every: '1 day',
    notes: [],
  };
  const read = { ...common, facts, consent, due };
  if (!consent.granted || !isDue) return read;
  return {
    ...read,
    report: reportOf(tick, facts),
    receipt: {
      endpoint: 'telemetry.example.com',
      status: 200,
      at: new Date(time + 4_000).toISOString(),
    },
    verdict: judge({ status: 'outdated', version: newestOn(date) }, facts, database.name, {
      data,
      now: time,
    }),
  };
}

function toRun(record: RunRecord, recordedAt: number): RecordedRun {
  return {
    version: 1,
    recordedAt: new Date(recordedAt).toISOString(),
    line: {
      ...toOutcome(record),
      environment: ENVIRONMENT,
      database: record.target?.name ?? '',
    },
    report: record.report === undefined ? null : new TextDecoder().decode(record.report.body),
  };
}

/** Returns the runs of one tick: usually one, and a second one where the first could not reach the database. */
function runsOf(tick: DemoTick): readonly RecordedRun[] {
  const { database, date, time } = tick;
  if (isWithin(database.silent, date)) return [];
  const scheduledTime = new Date(time).toISOString().replace('.000Z', 'Z');
  const at = (attempt: number) => ({
    target: targetOf(database),
    event: { scheduledTime, attempt },
    durationMs: {
      total: 300 + Math.round(chance(`duration ${database.name} ${time} ${attempt}`) * 900),
    },
  });
  if (isWithin(database.refused, date)) {
    return [toRun({ ...at(0), error: REFUSED }, time + 5_000)];
  }
  const retryAt = time + HOUR_MS;
  const retried = (failed: RunRecord): readonly RecordedRun[] => [
    toRun({ ...failed, retry: { attempt: 1, at: new Date(retryAt).toISOString() } }, time + 15_000),
    toRun(successful(tick, at(1)), retryAt + 5_000),
  ];
  if (chance(`unreachable ${database.name} ${time}`) <= 0.012) {
    return retried({ ...at(0), error: UNREACHABLE });
  }
  const read = successful(tick, at(0));
  const undeliveredBy = chance(`endpoint ${database.name} ${time}`);
  return read.report === undefined || undeliveredBy > UNDELIVERED_SHARE
    ? [toRun(read, time + 5_000)]
    : retried(undelivered(read, undeliveredBy > UNDELIVERED_SHARE / 2));
}

/** Returns the ticks of a database on one day. */
function ticksOf(database: DemoDatabase, day: number, date: string, data: ReleaseData): DemoTick[] {
  const minute = Math.floor(chance(`minute ${database.name}`) * 40);
  const first = Math.floor(chance(`hour ${database.name}`) * 6);
  return Array.from({ length: 24 / database.tickHours }, (_, index) => ({
    database,
    day,
    date,
    time:
      Date.parse(`${date}T00:00:00Z`) +
      (first + index * database.tickHours) * HOUR_MS +
      minute * 60_000,
    isDue: index === 0,
    data,
  }));
}

/**
 * Simulates a fleet of 40 databases over 90 days, with the releases, advisories and incompatibilities of the version data:
 * upgrades that are prompt, late, pending or impossible, broken and failing jobs, failed runs and retries, reports that were
 * posted and not answered, databases that fall silent, and databases that withhold consent. Every simulation is the same. No database and no endpoint is contacted.
 */
export function simulateFleet(): DemoFleet {
  const runs = demoDates().flatMap((date, day) => {
    const data = knowledgeOn(date);
    return DEMO_DATABASES.flatMap((database) => ticksOf(database, day, date, data)).flatMap(runsOf);
  });
  return {
    environment: ENVIRONMENT,
    account: '111122223333',
    region: 'eu-central-1',
    now: `${LAST_DATE}T23:30:00.000Z`,
    databases: DEMO_DATABASES.map(({ name, tickHours }) => ({ name, tickHours })),
    runs,
  };
}
