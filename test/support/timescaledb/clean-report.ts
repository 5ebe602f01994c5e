import { expect } from 'vitest';
import { buildReport } from '../../../lib/report/build-report.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { aTarget, loginTo, snapshotOf } from '../postgres/snapshots.ts';
import type { Faulty } from '../run/faults.ts';

/** Returns the text without the size of the database, which every session changes. */
function comparable(report: Uint8Array): string {
  return Buffer.from(report)
    .toString('utf8')
    .replace(/"data_volume": \d+/, '"data_volume": …');
}

/** Builds the report as the role of the database, with its current settings. */
export async function cleanReport(database: TestDatabase): Promise<string> {
  const { body } = await snapshotOf(await loginTo(database), (snapshot) =>
    buildReport(snapshot, aTarget(), 'basic'),
  );
  return comparable(body);
}

/** Returns an assertion that the run sent the same bytes. */
export function sends(clean: string): Required<Pick<Faulty, 'after'>> {
  return {
    after({ world }) {
      expect(world.endpoint.reports.map(({ body }) => comparable(body))).toEqual([clean]);
    },
  };
}
