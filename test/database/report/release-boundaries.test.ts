import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres/databases.ts';
import {
  BOUNDARY_RELEASES,
  type HandmadeRelease,
  has,
} from '../../support/timescaledb/catalogs.ts';
import { fillWithKnownContents } from '../../support/timescaledb/contents.ts';
import { expectedReport, type Json, runFor } from '../../support/timescaledb/reports.ts';

interface Boundary {
  /** The release whose report in docs/examples/ is compared. */
  readonly like: HandmadeRelease;
  /** Fields with other values; undefined for absent fields. */
  readonly but?: Json | ((report: Json) => Json);
}

const NO_PROMSCALE = { postgis: 'true', pg_prometheus: 'false' };
const NO_VECTORS = {
  postgis: true,
  promscale: false,
  pg_prometheus: false,
  timescale_analytics: false,
  timescaledb_toolkit: false,
};

/** Since 2.11.0 relations in _timescaledb_functions do not count as user relations. */
function withoutFunctionsSchema({ relations }: Json): Json {
  const { tables, ...rest } = relations as Record<string, Json>;
  return { relations: { ...rest, tables: { ...tables, num_relations: 5 } } };
}

/** Until 2.15.0 the job that deletes old failures had another name, which `errors_by_sqlerrcode` still uses. */
function olderNames({ stats_by_job_type }: Json): Json {
  const { policy_job_stat_history_retention, ...rest } = stats_by_job_type as Json;
  return {
    stats_by_job_type: { ...rest, policy_job_error_retention: policy_job_stat_history_retention },
    errors_by_sqlerrcode: {
      policy_retention: { '40001': 2 },
      policy_job_error_retention: { '57014': 1 },
      user_defined_action: { '57014': 1, P0042: 1 },
    },
  };
}

const BOUNDARIES: Readonly<Record<(typeof BOUNDARY_RELEASES)[number], Boundary>> = {
  '1.2.0': { like: '1.2.2' },
  '1.3.1': { like: '1.3.2' },
  '1.4.0': { like: '1.4.2' },
  '1.5.0': { like: '1.5.1' },
  '1.7.2': {
    like: '1.7.5',
    but: { related_extensions: NO_PROMSCALE, installed_time: '2024-02-02 22:35:06.789+00' },
  },
  '1.7.3': { like: '1.7.5', but: { related_extensions: NO_PROMSCALE } },
  '2.0.0': { like: '2.0.2' },
  '2.1.1': {
    like: '2.0.2',
    but: {
      related_extensions: {
        ...NO_PROMSCALE,
        promscale: 'false',
        timescale_analytics: 'false',
      },
    },
  },
  '2.4.2': { like: '2.5.2' },
  '2.6.0': { like: '2.6.1' },
  '2.7.0': { like: '2.8.1', but: { functions_used: undefined, replication: undefined } },
  '2.7.1': { like: '2.8.1', but: { replication: undefined } },
  '2.8.0': { like: '2.8.1' },
  '2.9.0': { like: '2.9.3' },
  '2.10.0': { like: '2.10.3' },
  '2.10.2': { like: '2.10.3' },
  '2.11.2': { like: '2.10.3', but: withoutFunctionsSchema },
  '2.12.0': { like: '2.10.3', but: withoutFunctionsSchema },
  '2.13.0': { like: '2.13.1' },
  '2.14.0': { like: '2.14.2' },
  '2.15.0': {
    like: '2.23.1',
    but: (newer) => ({ ...olderNames(newer), related_extensions: NO_VECTORS }),
  },
  '2.15.1': { like: '2.23.1', but: { related_extensions: NO_VECTORS } },
  '2.17.0': { like: '2.23.1' },
  '2.24.0': { like: '2.23.1' },
  '2.25.0': { like: '2.28.3' },
  '2.27.2': { like: '2.28.3' },
  '2.28.0': { like: '2.28.3' },
  '2.29.0': { like: '2.29.2' },
  '2.31.2': { like: '2.29.2' },
  '2.32.0': { like: '2.29.2' },
};

test.each(BOUNDARY_RELEASES)(
  'the whole report of %s, including errors of jobs, equals the report of its own reporter',
  async (release) => {
    const { like, but = {} } = BOUNDARIES[release];
    await using database = await createDatabase({ release });
    await fillWithKnownContents(database, release);
    await database.admin.query(
      `alter database ${database.name} owner to ${database.role}; ${
        has(release, '2.9.0', '2.9.3')
          ? `grant select on _timescaledb_internal.job_errors to ${database.role}`
          : ''
      }`,
    );

    const { outcome, report } = await runFor(database);

    expect(outcome).toMatchObject({ outcome: 'sent', report: { source: 'catalog' } });
    const alike = await expectedReport(database, like);
    const expected = {
      ...alike,
      ...(typeof but === 'function' ? but(alike) : but),
      timescaledb_version: release,
    };
    expect(report).toStrictEqual(JSON.parse(JSON.stringify(expected)));
  },
);
