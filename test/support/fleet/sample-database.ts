import { conditionsOf, severityOf } from '../../../lib/fleet/conditions.ts';
import type { DatabaseState, RunSummary } from '../../../lib/fleet/database-state.ts';
import { encodeColumn } from '../../../lib/fleet/fold/columns.ts';
import {
  dayOf,
  EMPTY_HISTORY,
  FLAGS,
  formatDay,
  type History,
} from '../../../lib/fleet/history.ts';

/** The time of the sample fleets. */
export const SAMPLE_TIME = '2026-11-28T06:00:00.000Z';

const DAY_MS = 86_400_000;

/** What a database of a sample fleet is like. */
export type Kind =
  | 'current'
  | 'behind'
  | 'vulnerable'
  | 'broken'
  | 'silent'
  | 'failed'
  | 'withheld'
  | 'new';

interface Versions {
  readonly installed: string;
  readonly available: string | null;
  readonly reachable: string;
  readonly verdicts: readonly string[];
  readonly advisories: readonly string[];
  readonly sentence: string;
}

const CURRENT: Versions = {
  installed: '2.32.1',
  available: '2.32.1',
  reachable: '2.32.1',
  verdicts: ['up-to-date'],
  advisories: [],
  sentence: 'No action needed.',
};

const VERSIONS: Partial<Readonly<Record<Kind, Versions>>> = {
  behind: {
    installed: '2.31.2',
    available: '2.32.1',
    reachable: '2.32.1',
    verdicts: ['alter-extension'],
    advisories: [],
    sentence: "The extension's owner runs ALTER EXTENSION: 2.32.1 is already on the server.",
  },
  vulnerable: {
    installed: '2.27.1',
    available: '2.27.1',
    reachable: '2.32.1',
    verdicts: ['upgrade-package'],
    advisories: ['GHSA-hcfx-29v5-2rcw'],
    sentence:
      "The server's administrator installs 2.32.1; then the extension's owner runs ALTER EXTENSION.",
  },
  broken: {
    installed: '2.29.2',
    available: null,
    reachable: '2.32.1',
    verdicts: ['jobs-broken', 'upgrade-package'],
    advisories: [],
    sentence: 'PostgreSQL 17.12 breaks every scheduled job of TimescaleDB 2.29.2.',
  },
};

/** A sequence of numbers from 0 to 1 that is the same for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function history(days: number, installed: string, lastDay: number, random: () => number): History {
  const start = 1e9 * 10 ** (random() * 3);
  const growth = 1 + random() / 50;
  const each = (value: (n: number) => number) =>
    encodeColumn(Array.from({ length: days }, (_, n) => value(n)));
  const upgradeAt = Math.floor(random() * days);
  return {
    ...EMPTY_HISTORY,
    names: ['2.26.4', installed],
    days: each((n) => lastDay - days + 1 + n),
    versions: each((n) => (n < upgradeAt ? 0 : 1)),
    flags: each(() => FLAGS.versionKnown + FLAGS.consentKnown),
    dataVolumes: each((n) => Math.round(start * growth ** n)),
    chunks: each((n) => 100 + Math.floor(n * 1.5)),
    ratios: each(() => 80 + Math.round(random() * 20)),
  };
}

function recentRuns(kind: Kind, lastTick: number, random: () => number): readonly RunSummary[] {
  return Array.from({ length: 14 }, (_, n): RunSummary => {
    const time = lastTick - n * DAY_MS;
    const common = {
      at: new Date(time + 4_000).toISOString(),
      tick: new Date(time).toISOString(),
      attempt: 0,
      durationMs: Math.round(200 + random() * 2_000),
    };
    if (kind === 'withheld') return { ...common, outcome: 'skipped' };
    if (kind === 'failed' && n < 2) return { ...common, outcome: 'failed', code: 'LOGIN_FAILED' };
    const sha256 = Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join(
      '',
    );
    const bytes = 3_000 + Math.floor(random() * 900);
    return { ...common, outcome: 'sent', bytes, sha256, status: 200 };
  });
}

/** Builds the state of a database, as `fold()` leaves it. */
export function sampleDatabase(name: string, kind: Kind, seed: number, days = 90): DatabaseState {
  const random = createRandom(seed + 1);
  const age = kind === 'silent' ? 5 : 0;
  const today = dayOf(SAMPLE_TIME);
  const tick = today * DAY_MS + (30 + Math.floor(random() * 300)) * 60_000 - age * DAY_MS;
  const versions = VERSIONS[kind] ?? CURRENT;
  const recent = recentRuns(kind, tick, random);
  const [latest] = recent;
  if (kind === 'new' || latest === undefined) return newDatabase(name);
  const { at } = latest;
  const core = {
    ...newDatabase(name),
    awaitedSince: undefined,
    lastRun: {
      ...latest,
      message: kind === 'failed' ? 'The server rejected the password.' : 'The report was sent.',
      ...(kind === 'failed' && { remedy: 'Update the password in the secret prod/telemetry.' }),
      warnings: [],
    },
    lastSuccess: recent.find(({ outcome }) => outcome !== 'failed')?.at ?? null,
    version: { at, ...versions, latest: '2.32.1', dataAsOf: '2026-11-28' },
    jobs: { at, scheduled: 9, failing: kind === 'broken' ? 9 : 0, oldestFailure: null },
    consent: {
      at,
      granted: kind !== 'withheld',
      level: kind === 'withheld' ? 'off' : 'basic',
      rule: kind === 'withheld' ? 'level-off' : 'level-set',
      where: 'configuration-file',
      sentence:
        kind === 'withheld'
          ? 'timescaledb.telemetry_level is off in the configuration file.'
          : 'timescaledb.telemetry_level is basic in the configuration file.',
    },
    history: history(days, versions.installed, today - age, random),
    figures: {
      at,
      postgresql: '17.12',
      timescaledb: versions.installed,
      dataVolume: Math.round(random() * 4e12),
      hypertables: 12,
      chunks: 233,
      compressedChunks: 200,
      uncompressedBytes: 4e11,
      compressedBytes: 4e10,
    },
    due: { at, nextDue: new Date(tick + DAY_MS).toISOString() },
    recent,
  };
  const conditions = conditionsOf(core, Date.parse(SAMPLE_TIME));
  const since = formatDay(today - 1 - Math.floor(random() * 30));
  const { awaitedSince: _, ...rest } = core;
  return {
    ...rest,
    conditions,
    severity: severityOf(conditions),
    action: conditions.length === 0 ? 'No action needed.' : versions.sentence,
    since: Object.fromEntries(conditions.map((condition) => [condition, since])),
  };
}

/** Builds the state of a database without a run. */
function newDatabase(name: string): DatabaseState {
  return {
    name,
    configured: true,
    tickHours: 24,
    awaitedSince: SAMPLE_TIME,
    lastRun: null,
    lastSuccess: null,
    version: null,
    jobs: null,
    consent: null,
    figures: null,
    sent: null,
    due: null,
    identity: null,
    recent: [],
    history: EMPTY_HISTORY,
    conditions: ['unknown'],
    severity: 'notice',
    action: 'Wait for the first version check.',
    since: {},
    mutes: [],
  };
}
