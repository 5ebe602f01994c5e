import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import { HANDMADE_RELEASES, has } from '../../support/timescaledb/catalogs.ts';
import { fillWithKnownContents } from '../../support/timescaledb/contents.ts';
import { expectedReport, runFor, withoutErrors } from '../../support/timescaledb/reports.ts';

test.each(HANDMADE_RELEASES)(
  'the whole report of %s equals the report of its own reporter',
  async (release) => {
    await using database = await createDatabase({ release });
    await fillWithKnownContents(database, release);

    const { outcome, report } = await runFor(database);

    expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'catalog' } });
    expect(report).toStrictEqual(withoutErrors(await expectedReport(database, release)));
  },
);

test.each(HANDMADE_RELEASES.filter((release) => has(release, '2.9.0')))(
  'the report of %s contains the errors of jobs with a role that sees all of them',
  async (release) => {
    await using database = await createDatabase({ release });
    await fillWithKnownContents(database, release);
    await database.admin.query(
      has(release, '2.10.0')
        ? `alter database ${database.name} owner to ${database.role}`
        : `grant select on _timescaledb_internal.job_errors to ${database.role}`,
    );

    const { report } = await runFor(database);

    expect(report).toStrictEqual(await expectedReport(database, release));
  },
);
