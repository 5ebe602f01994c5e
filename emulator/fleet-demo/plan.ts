import { addDays, LAST_DATE } from './knowledge.ts';

/** Length of the simulation. */
const DEMO_DAYS = 90;

/** Returns the date that is so many days before the last one. */
function daysBeforeEnd(days: number): string {
  return addDays(LAST_DATE, -days);
}

/** A period of days, both included. */
interface Period {
  readonly from: string;
  readonly to: string;
}

/** A database of the simulation, and what happens to it. */
export interface DemoDatabase {
  readonly name: string;
  readonly tickHours: 6 | 24;
  /** PostgreSQL's major version. */
  readonly major: '12' | '14' | '15' | '16' | '17' | '18';
  /** Version on the first day. */
  readonly installed: string;
  /** Days after a release until it is installed; absent for a database that is never upgraded. */
  readonly lagDays?: number;
  /** Versions that are installed on a date, instead of by `lagDays`. */
  readonly upgrades?: Readonly<Record<string, string>>;
  /** Days from an upgrade of the packages to ALTER EXTENSION. */
  readonly pendingDays?: number;
  /** Days after PostgreSQL's minor releases of November 2026 until they are installed. */
  readonly patchDays?: number;
  readonly withheldFrom?: string;
  /** No run is recorded. */
  readonly silent?: Period;
  /** Every run fails, because the password of the role was changed. */
  readonly refused?: Period;
  readonly failingJobs?: number;
  /** Data volume on the first day, and its growth in a day, in GB. */
  readonly gigabytes: number;
  readonly dailyGigabytes: number;
}

const FIRST_DATE = daysBeforeEnd(DEMO_DAYS - 1);

/** The databases that are upgraded soon after each release. */
const PROMPT = [
  'billing',
  'orders',
  'payments',
  'checkout',
  'inventory',
  'shipping',
  'pricing',
  'catalog',
  'sessions',
  'clickstream',
  'metrics-eu',
  'metrics-us',
  'metrics-ap',
] as const;

/** The databases that are upgraded once or twice in the simulation. */
const SLOW = [
  'fleet-tracking',
  'vehicle-sensors',
  'wind-farm-north',
  'wind-farm-south',
  'solar-park',
  'grid-frequency',
  'smart-meters',
  'weather-stations',
  'air-quality',
] as const;

const MAJORS = ['16', '17', '18'] as const;

function prompt(name: string, index: number): DemoDatabase {
  return {
    name,
    tickHours: 24,
    major: MAJORS[index % MAJORS.length] ?? '17',
    installed: '2.29.2',
    lagDays: 2 + (index % 5) * 2,
    gigabytes: 20 + index * 17,
    dailyGigabytes: 0.2 + (index % 4) * 0.4,
  };
}

function slow(name: string, index: number): DemoDatabase {
  const first = ['2.27.2', '2.28.3', '2.26.4'][index % 3] ?? '2.28.3';
  return {
    name,
    tickHours: 24,
    major: MAJORS[(index + 1) % MAJORS.length] ?? '17',
    installed: first,
    upgrades: index % 4 === 3 ? {} : { [daysBeforeEnd(60 - index * 5)]: '2.30.1' },
    gigabytes: 150 + index * 90,
    dailyGigabytes: 1.5 + (index % 3),
  };
}

const BASE = { tickHours: 24, gigabytes: 60, dailyGigabytes: 0.8 } as const;

/** The databases with a history of their own. */
const OTHERS: readonly DemoDatabase[] = [
  // PostgreSQL's minor release breaks the jobs; one of them is repaired.
  { ...BASE, name: 'telemetry-hub', major: '17', installed: '2.30.1', patchDays: 1 },
  { ...BASE, name: 'process-control', major: '16', installed: '2.29.2', patchDays: 2 },
  {
    ...BASE,
    name: 'energy-market',
    major: '18',
    installed: '2.30.1',
    patchDays: 1,
    upgrades: { [daysBeforeEnd(4)]: '2.31.2' },
  },
  // PostgreSQL has to be upgraded first.
  { ...BASE, name: 'legacy-scada', major: '12', installed: '2.5.1', gigabytes: 900 },
  { ...BASE, name: 'lab-results', major: '14', installed: '2.19.3', gigabytes: 340 },
  { ...BASE, name: 'cold-chain', major: '15', installed: '2.27.2', gigabytes: 75 },
  // The server's disk has a newer version.
  { ...BASE, name: 'ad-events', major: '17', installed: '2.29.2', lagDays: 10, pendingDays: 60 },
  {
    ...BASE,
    name: 'recommendations',
    major: '16',
    installed: '2.29.2',
    lagDays: 6,
    pendingDays: 25,
  },
  // Silent.
  {
    ...BASE,
    name: 'parking',
    major: '17',
    installed: '2.29.2',
    lagDays: 9,
    silent: { from: daysBeforeEnd(11), to: LAST_DATE },
  },
  {
    ...BASE,
    name: 'elevators',
    major: '16',
    installed: '2.30.1',
    silent: { from: daysBeforeEnd(3), to: LAST_DATE },
  },
  {
    ...BASE,
    name: 'building-access',
    major: '18',
    installed: '2.29.2',
    lagDays: 12,
    silent: { from: daysBeforeEnd(41), to: daysBeforeEnd(36) },
  },
  // Consent is withheld; in one of them only since a month.
  {
    ...BASE,
    name: 'patient-monitoring',
    major: '17',
    installed: '2.30.1',
    withheldFrom: FIRST_DATE,
  },
  {
    ...BASE,
    name: 'trading',
    major: '18',
    installed: '2.29.2',
    lagDays: 5,
    withheldFrom: daysBeforeEnd(30),
  },
  // The password was changed, and the secret was not.
  {
    ...BASE,
    name: 'warehouse-robots',
    major: '17',
    installed: '2.29.2',
    lagDays: 8,
    refused: { from: daysBeforeEnd(2), to: LAST_DATE },
  },
  { ...BASE, name: 'search-logs', major: '17', installed: '2.29.2', lagDays: 7, failingJobs: 3 },
  // Ticks every six hours, of which one a day is due.
  { ...BASE, name: 'ticker', tickHours: 6, major: '18', installed: '2.29.2', lagDays: 4 },
  { ...BASE, name: 'irrigation', tickHours: 6, major: '16', installed: '2.28.3', lagDays: 30 },
  { ...BASE, name: 'noise-levels', major: '17', installed: '2.29.2', lagDays: 14 },
];

export const DEMO_DATABASES: readonly DemoDatabase[] = [
  ...PROMPT.map(prompt),
  ...SLOW.map(slow),
  ...OTHERS,
];

export function isWithin(period: Period | undefined, date: string): boolean {
  return period !== undefined && period.from <= date && date <= period.to;
}

/** Returns the dates of the simulation, the oldest first. */
export function demoDates(): readonly string[] {
  return Array.from({ length: DEMO_DAYS }, (_, index) => addDays(FIRST_DATE, index));
}
