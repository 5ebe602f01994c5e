import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { simulateFleet } from '../../../emulator/fleet-demo.ts';
import { CONDITIONS } from '../../../lib/fleet/database-state.ts';
import { fold } from '../../../lib/fleet/fold.ts';
import { encodeRun } from '../../../lib/record/encode-run.ts';
import { arrivalOf, postedStatus } from '../../../lib/record/posted.ts';
import { decodeRun } from '../../../lib/record/recorded-run.ts';
import { validateReport } from '../../../lib/report/validate-report.ts';
import { toVersion } from '../../../lib/version.ts';

const fleet = simulateFleet();

function sample<T>(items: readonly T[], step: number): readonly T[] {
  return items.filter((_, index) => index % step === 0);
}

describe('the simulated fleet', () => {
  test('has 40 databases with runs of 90 days', () => {
    const dates = new Set(fleet.runs.map(({ line }) => line.scheduledTime?.slice(0, 10)));
    const names = new Set(fleet.runs.map(({ line }) => line.database));
    expect([fleet.databases.length, names.size, dates.size]).toEqual([40, 40, 90]);
  });

  test('is the same in every simulation', () => {
    const hash = (value: unknown) =>
      createHash('sha256').update(JSON.stringify(value)).digest('hex');
    expect(hash(simulateFleet())).toBe(hash(fleet));
  });

  test('consists of valid objects of the record', () => {
    for (const run of sample(fleet.runs, 40)) expect(decodeRun(encodeRun(run))).toEqual({ run });
  });

  test('sends only published fields', () => {
    const reports = fleet.runs.filter(({ report }) => report !== null);
    for (const { report } of sample(reports, 40)) {
      const release = toVersion(JSON.parse(report ?? '').timescaledb_version);
      expect(() => validateReport(report ?? '', release?.text ?? '')).not.toThrow();
    }
  });

  test('has reports that were posted, and not accepted or not answered', () => {
    const arrivals = fleet.runs.flatMap((run) => {
      const status = postedStatus(run);
      return status === undefined || run.line.outcome === 'sent' ? [] : [arrivalOf(status)];
    });
    expect([...new Set(arrivals)].toSorted()).toEqual(['answered', 'unknown']);
  });

  test('shows every condition on its last day, and databases without any', () => {
    const databases = Object.values(fold(undefined, fleet.runs, fleet).databases);
    const shown = new Set(databases.flatMap(({ conditions }) => conditions));
    expect([...shown].toSorted()).toEqual([...CONDITIONS].toSorted());
    expect(databases.filter(({ severity }) => severity === 'ok').length).toBeGreaterThan(5);
  });
});
