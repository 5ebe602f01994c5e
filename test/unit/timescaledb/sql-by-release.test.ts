import { describe, expect, test } from 'vitest';
import { buildReport } from '../../../lib/report/build-report.ts';
import { FIELDS } from '../../../lib/report/fields/all-fields.ts';
import { isIn, type Source } from '../../../lib/report/fields/field.ts';
import { functionQuery, reportQuery } from '../../../lib/report/report-query.ts';
import { classifiedCtes } from '../../../lib/report/sql/classify-relations.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import type { TimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';
import {
  functionsSchema,
  isBuiltWithTelemetry,
  jobTable,
  metadataTable,
  type ServerInfo,
} from '../../../lib/timescaledb/server-info.ts';
import { SERVER_INFO_QUERY } from '../../../lib/timescaledb/server-info-query.ts';
import { createServerInfo } from '../../support/timescaledb/server-info.ts';

/** Every release, and versions that were never released. */
const RELEASES = [
  ...['0.12.0', '0.12.1'],
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((minor) => patches(1, minor)),
  ...Array.from({ length: 33 }, (_, minor) => patches(2, minor)).flat(),
];

function patches(major: number, minor: number): string[] {
  return [0, 1, 2, 3, 4, 5].map((patch) => `${major}.${minor}.${patch}`);
}

const SEES_ALL = { mayReadAllSettings: true, mayReadJobErrors: true, memberOfDatabaseOwner: true };

/** Returns the releases whose result differs from that of the previous release. */
async function changesOf(
  of: (server: ServerInfo) => string | undefined | Promise<string | undefined>,
  changes: Partial<ServerInfo> = {},
): Promise<string[]> {
  const found: string[] = [];
  let before: string | undefined;
  for (const release of RELEASES) {
    const now = await of(createServerInfo(release, { ...SEES_ALL, ...changes }));
    if (now !== before) found.push(release);
    before = now;
  }
  return found;
}

/** Returns the extension's tables that a statement reads, as `schema.table`. */
function tablesIn(sql: string): string[] {
  return [...sql.matchAll(/(?:from|join) (_timescaledb_\w+\.\w+)(?![\w(])/g)].map(
    ([, name = '']) => name,
  );
}

/** Returns the first statement that a function sends to a snapshot. */
async function statementOf(
  server: ServerInfo,
  read: (snapshot: TimescaledbSnapshot) => Promise<unknown>,
): Promise<string> {
  let first = '';
  await read({
    server,
    row(sql) {
      first ||= sql;
      throw new TypeError('The test needs the first statement only.');
    },
  }).catch(() => undefined);
  return first;
}

/** Returns every statement of a run on a release, by its name. */
async function statementsOf(release: string): Promise<Readonly<Record<string, string>>> {
  const server = createServerInfo(release, { ...SEES_ALL, mayReadFileSettings: true });
  return {
    'server query': SERVER_INFO_QUERY,
    facts: await statementOf(server, readFacts),
    report: reportQuery(server, 'exact'),
    'report with estimates': reportQuery(server, 'estimated'),
    'report of the function': functionQuery(server, 'no_functions') ?? '',
  };
}

test('uses the names of the catalogs in each release', async () => {
  expect(await changesOf(jobTable)).toStrictEqual(['0.12.0', '2.25.0']);
  expect(await changesOf(functionsSchema)).toStrictEqual(['0.12.0', '2.12.0']);
  expect(await changesOf(metadataTable)).toStrictEqual(['0.12.0', '1.3.0', '1.4.0']);
  expect(
    await changesOf((server) => String(isBuiltWithTelemetry(server)), { memberFunctions: [] }),
  ).toStrictEqual(['0.12.0', '2.7.0']);
});

test('checks in the server query every table of the extension that a statement reads', async () => {
  const read = new Set<string>();
  for (const release of RELEASES) {
    const { facts = '', report = '' } = await statementsOf(release);
    for (const name of tablesIn(report + facts)) read.add(name);
  }
  expect(read.size).toBe(16);
  const checked = [
    ...SERVER_INFO_QUERY.matchAll(/\('(\w+)'::pg_catalog\.name, '(\w+)'::pg_catalog\.name\)/g),
  ].map(([, schema, table]) => `${schema}.${table}`);
  expect([...read].toSorted()).toStrictEqual(checked.toSorted());
});

test('changes the query of the facts with the job catalog and the metadata of the releases', async () => {
  expect(await changesOf((server) => statementOf(server, readFacts))).toStrictEqual([
    // Metadata moved in 1.3.0 and 1.4.0; the job got an owner in 1.3.2, the time of its last success in 1.5.0, a procedure in 2.0.0, a schedule in 2.9.0.
    ...[
      '0.12.0',
      '1.3.0',
      '1.3.2',
      '1.4.0',
      '1.5.0',
      '2.0.0',
      '2.9.0',
      '2.10.2',
      '2.12.0',
      '2.25.0',
    ],
    // Since 2.32.0 the settings of the database's owner count.
    '2.32.0',
  ]);
});

test('changes the classification of relations with the releases', async () => {
  expect(await changesOf((server) => classifiedCtes(server).join())).toStrictEqual([
    ...['0.12.0', '2.0.0', '2.7.0', '2.9.0', '2.11.0', '2.14.0', '2.15.0', '2.25.0', '2.29.0'],
  ]);
});

test("removes the function counts of the server's own function since it has them", async () => {
  expect(
    await changesOf((server) =>
      statementOf(server, (snapshot) =>
        buildReport(snapshot, { reportSource: 'function', sizes: 'exact' }, 'no_functions'),
      ),
    ),
  ).toStrictEqual(['0.12.0', '2.7.1']);
});

function forEach(names: readonly string[], changes: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, changes]));
}

/** Returns the releases at which the SQL of a field changes. */
const FIELD_CHANGES: Readonly<Record<string, readonly string[]>> = {
  installed_time: ['1.7.3'],
  ...forEach(['data_volume', 'build_architecture_bit_size'], ['2.6.0']),
  num_reorder_policies: ['2.0.0'],
  related_extensions: ['1.7.5', '2.1.1', '2.4.2', '2.6.0', '2.17.0'],
  license: ['2.0.0'],
  ...forEach(['last_tuned_time', 'last_tuned_version'], ['2.25.0']),
  relations: ['2.7.0', '2.9.0', '2.13.0', '2.14.0'],
};

/** Returns the releases at which the SQL of a source changes; undefined for none. */
const SOURCE_CHANGES: Readonly<Record<string, readonly string[]>> = {
  access_methods: ['0.12.0'],
  chunk_sizes: ['0.12.0'],
  cloud: ['0.12.0'],
  // The list of extensions.
  extensions: ['0.12.0', '1.7.5', '2.1.1', '2.4.2', '2.17.0'],
  hypertable_counts: ['0.12.0', '1.5.0', '2.0.0', '2.14.0'],
  job_counts: ['0.12.0', '2.0.0', '2.9.0'],
  job_errors: ['0.12.0', '2.10.0', '2.12.0'],
  job_statistics: ['0.12.0', '2.15.1'],
  jobs: ['2.0.0', '2.9.0', '2.12.0', '2.25.0'],
  license: ['0.12.0', '2.0.0'],
  license_1x: ['0.12.0', '2.0.0'],
  membership: ['0.12.0'],
  // The table moved in 1.3.0 and 1.4.0; distributed databases have `dist_uuid`.
  metadata: ['0.12.0', '1.3.0', '1.4.0', '2.0.0', '2.14.0'],
  os: ['0.12.0', '1.2.0', '2.12.0'],
  totals: ['0.12.0', '2.7.0', '2.9.0', '2.13.0', '2.14.0'],
};

test('changes the SQL of each field at the listed releases', async () => {
  const found: Record<string, string[]> = {};
  for (const field of FIELDS) {
    const changes = await changesOf((server) =>
      isIn(field, server.release) ? field.sql?.(server) : undefined,
    );
    const { since = '0.12.0', before } = field;
    const inside = changes.filter((release) => release !== since && release !== before);
    if (inside.length > 0) found[field.name] = inside;
  }
  expect(found).toStrictEqual(FIELD_CHANGES);
});

function withReads(sources: readonly Source[]): readonly Source[] {
  return sources.flatMap((source) => [source, ...withReads(source.reads ?? [])]);
}

test('changes the SQL of each source at the listed releases', async () => {
  const found: Record<string, string[]> = {};
  const sources = FIELDS.flatMap(({ from = [], reads = [] }) => [...from, ...reads]);
  for (const source of new Set(withReads(sources))) {
    found[source.name] = await changesOf(source.sql);
  }
  expect(found).toStrictEqual(SOURCE_CHANGES);
});

describe.each(['0.12.0', '1.7.5', '2.0.2', '2.5.2', '2.6.1', '2.13.1', '2.28.3', '2.32.0'])(
  'every statement for %s',
  (release) => {
    test('begins with a comment that names the product and the purpose', async () => {
      for (const statement of Object.values(await statementsOf(release))) {
        expect(statement).toMatch(
          /^\/\* timescaledb-telemetry\/\d+\.\d+\.\d+: \w+, read only \*\/\n(with|select)\b/,
        );
      }
    });

    test('has lines of at most 170 characters and keywords in lower case', async () => {
      for (const statement of Object.values(await statementsOf(release))) {
        const long = statement.split('\n').filter((line) => line.length > 170);
        expect(long).toStrictEqual([]);
        expect(statement.replaceAll(/'[^']*'/g, '')).not.toMatch(/\b[A-Z]{2,}\b/);
      }
    });

    test('reads every source at most once', async () => {
      const { facts = '', report = '' } = await statementsOf(release);
      const server = createServerInfo(release);
      for (const name of [metadataTable(server), jobTable(server)]) {
        for (const statement of [facts, report]) {
          const found = tablesIn(statement).filter((one) => one === name);
          expect(found.length, name).toBeLessThanOrEqual(1);
        }
      }
      expect(report.split('get_os_info')).toHaveLength(2);
      expect(report.split('pg_catalog.pg_extension')).toHaveLength(2);
    });

    test('has no subquery of several lines twice', async () => {
      for (const [name, statement] of Object.entries(await statementsOf(release))) {
        const subqueries = [...statement.matchAll(/\(\n\s+select[^()]*\n\s*\)/g)].map(([text]) =>
          text.replaceAll(/\s+/g, ' '),
        );
        // The reporter's rule for locked relations is needed both to measure and to count them.
        const twice = subqueries.filter((one, i) => subqueries.indexOf(one) !== i);
        expect(
          twice.filter((one) => !one.includes('from blocked b')),
          name,
        ).toStrictEqual([]);
      }
    });
  },
);
