import { parseTarget } from '../../../lib/config/target.ts';
import type { Consent } from '../../../lib/consent/decide-consent.ts';
import type { Receipt } from '../../../lib/delivery/deliver.ts';
import type { Report } from '../../../lib/report/build-report.ts';
import type { RunRecord } from '../../../lib/run/run-record.ts';
import type { Verdict } from '../../../lib/version-check/judge-version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';

export const target = parseTarget({
  TARGET: '{"name":"orders","environment":"prod","secretId":"c4n4ry"}',
});

export const event = { scheduledTime: '2026-11-22T04:05:00Z', attempt: 0 };

export const durationMs = { credentials: 40, database: 300, delivery: 90, total: 431 };

export const granted: Consent = {
  granted: true,
  level: 'basic',
  rule: 'level-set',
  where: 'database',
  sentence: 'Telemetry is on: level basic, set for this database.',
  warnings: [],
};

export const report: Report = {
  source: 'catalog',
  body: new TextEncoder().encode('{"a": "ü"}'),
  sha256: 'f00d',
  estimatedRelations: 0,
  uuid: '0d1f4b4e-0000-4000-8000-000000000001',
};

export const receipt: Receipt = {
  endpoint: 'telemetry.timescale.com',
  status: 200,
  at: '2026-11-22T04:05:01.000Z',
};

export const upToDate: Verdict = {
  codes: ['up-to-date'],
  severity: 'INFO',
  message: 'the "timescaledb" extension is up-to-date',
  installed: '2.23.0',
  postgresql: '17.5',
  available: '2.24.0',
  sentence: 'orders: no action needed.',
  versionsBehind: 0,
  advisories: [],
  asOf: '2026-11-21',
};

export const outdated: Verdict = {
  ...upToDate,
  codes: ['upgrade-package'],
  severity: 'WARN',
  sentence: 'The administrator upgrades.',
  versionsBehind: 6,
  reachable: '2.29.2',
  message: 'the "timescaledb" extension is not up-to-date',
  hint: 'The most up-to-date version is 2.29.2, the installed version is 2.23.0.',
  latest: '2.29.2',
};

export const PLACE = { environment: 'prod', database: 'orders' };

export const GRANTED = {
  granted: true,
  level: 'basic',
  rule: 'level-set',
  where: 'database',
  sentence: granted.sentence,
};

export const REPORT = { source: 'catalog', bytes: 11, sha256: 'f00d' };

export const JOBS = { scheduled: 14, failing: 0, oldestFailure: null };

export const sent: RunRecord = {
  event,
  target,
  facts: aServer(),
  consent: granted,
  report,
  receipt,
  verdict: upToDate,
  durationMs,
};
