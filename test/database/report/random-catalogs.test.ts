import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { HANDMADE_RELEASES } from '../../support/timescaledb/catalogs.ts';
import { exampleOf, type Json, runFor } from '../../support/timescaledb/reports.ts';
import { objectionsTo } from '../../support/timescaledb/schemas.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';
import { catalogs } from './random-catalogs.ts';
import { writeCatalogs } from './write-catalogs.ts';

/** Returns the paths of all fields in an object, without the keys that are data. */
function pathsOf(report: Json, isData: (path: string) => boolean, parent = ''): string[] {
  return Object.entries(report).flatMap(([key, value]) => {
    const path = `${parent}${key}`;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [path, ...(isObject && !isData(path) ? pathsOf(value as Json, isData, `${path}.`) : [])];
  });
}

const DATA = ['access_methods', 'db_metadata', 'errors_by_sqlerrcode', 'stats_by_job_type'];
/** Fields that may be absent, depending on the catalogs or the role. */
const MAY_BE_ABSENT =
  /^(db_uuid|exported_db_uuid|installed_time|license|distributed_|last_tuned|instance_metadata|errors_by_sqlerrcode|db_telemetry_events)/;

test.each(HANDMADE_RELEASES)(
  'a report of %s has exactly the published fields with the published types, for any content of the catalogs',
  async (release) => {
    await fc.assert(
      fc.asyncProperty(catalogs, fc.constantFrom('exact', 'estimated'), async (contents, sizes) => {
        await using database = await createDatabase({ release });
        await writeCatalogs(database, release, contents);

        const { outcome, report } = await runFor(database, { target: { sizes } });

        expect(outcome.error).toBeUndefined();
        expect(outcome.outcome).toBe('sent');
        expect(objectionsTo(report, release)).toStrictEqual([]);
        // The examples are independent of the table that both the query and the published list use.
        const known = pathsOf(await exampleOf(release), (path) => DATA.includes(path));
        const found = pathsOf(report, (path) => DATA.includes(path));
        expect(found.filter((path) => !known.includes(path) && !MAY_BE_ABSENT.test(path))).toEqual(
          [],
        );
        expect(known.filter((path) => !found.includes(path) && !MAY_BE_ABSENT.test(path))).toEqual(
          [],
        );
      }),
      // A smaller example would take the time of many databases.
      { numRuns: 3, endOnFailure: true },
    );
  },
  upperBound(60_000),
);
