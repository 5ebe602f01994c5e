import { expect, test } from 'vitest';
import { buildReport } from '../../../lib/report/build-report.ts';
import { FIELDS } from '../../../lib/report/fields/all-fields.ts';
import { isIn } from '../../../lib/report/fields/field.ts';
import { classifiedCtes } from '../../../lib/report/sql/classify-relations.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import type { TimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';
import {
  functionsSchema,
  isBuiltWithTelemetry,
  jobTable,
  metadataTable,
  SERVER_INFO_QUERY,
  type ServerInfo,
} from '../../../lib/timescaledb/server-info.ts';
import { anIdentity } from '../../support/timescaledb/identities.ts';

/** Every release that there was, and some that there were not: a change in between is a change at the next one. */
const RELEASES = [
  ...['0.12.0', '0.12.1'],
  ...[0, 1, 2, 3, 4, 5, 6, 7].flatMap((minor) => patches(1, minor)),
  ...Array.from({ length: 31 }, (_, minor) => patches(2, minor)).flat(),
];

function patches(major: number, minor: number): string[] {
  return [0, 1, 2, 3, 4, 5].map((patch) => `${major}.${minor}.${patch}`);
}

/** The releases at which something is not what it was in the release before. */
async function changesOf(
  of: (server: ServerInfo) => string | undefined | Promise<string | undefined>,
  changes: Partial<ServerInfo> = {},
): Promise<string[]> {
  const found: string[] = [];
  let before: string | undefined;
  for (const release of RELEASES) {
    const now = await of(
      anIdentity(release, {
        mayReadAllSettings: true,
        mayReadJobErrors: true,
        memberOfDatabaseOwner: true,
        ...changes,
      }),
    );
    if (now !== before) found.push(release);
    before = now;
  }
  return found;
}

/** The extension's tables that a statement reads, as `schema.table`. */
function tablesIn(sql: string): string[] {
  return [...sql.matchAll(/(?:from|join) (_timescaledb_\w+\.\w+)(?![\w(])/g)].map(
    ([, name = '']) => name,
  );
}

/** The first statement that somebody asks. */
async function statementOf(
  server: ServerInfo,
  ask: (snapshot: TimescaledbSnapshot) => Promise<unknown>,
): Promise<string> {
  let asked = '';
  await ask({
    server,
    row(sql) {
      asked ||= sql;
      throw new TypeError('That was all.');
    },
  }).catch(() => undefined);
  return asked;
}

test('the catalogs are named as their releases name them', async () => {
  expect(await changesOf(jobTable)).toStrictEqual(['0.12.0', '2.25.0']);
  expect(await changesOf(functionsSchema)).toStrictEqual(['0.12.0', '2.12.0']);
  expect(await changesOf(metadataTable)).toStrictEqual(['0.12.0', '1.3.0', '1.4.0']);
  expect(
    await changesOf((server) => String(isBuiltWithTelemetry(server)), { memberFunctions: [] }),
  ).toStrictEqual(['0.12.0', '2.7.0']);
});

test('every table of the extension that a statement reads is looked at before', async () => {
  const read = new Set<string>();
  for (const release of RELEASES) {
    const server = anIdentity(release, { mayReadJobErrors: true });
    const report = await statementOf(server, (snapshot) =>
      buildReport(snapshot, { reportSource: 'catalog', sizes: 'exact' }, 'basic'),
    );
    const facts = await statementOf(server, readFacts);
    for (const name of tablesIn(report + facts)) read.add(name);
  }
  expect(read.size).toBe(16);
  const looked = [
    ...SERVER_INFO_QUERY.matchAll(/n\.nspname = '(\w+)' and c\.relname in \(([^)]+)\)/g),
  ];
  const known = looked.flatMap(([, schema, tables = '']) =>
    [...tables.matchAll(/'(\w+)'/g)].map(([, table]) => `${schema}.${table}`),
  );
  expect([...read].toSorted()).toStrictEqual(known.toSorted());
});

test('the facts are asked as the job catalog has them', async () => {
  expect(await changesOf((server) => statementOf(server, readFacts))).toStrictEqual([
    // Metadata moved in 1.3.0 and 1.4.0; the job got an owner in 1.3.2, a procedure in 2.0.0, a schedule in 2.9.0.
    ...['0.12.0', '1.3.0', '1.3.2', '1.4.0', '2.0.0', '2.9.0', '2.10.2', '2.12.0', '2.25.0'],
  ]);
});

test('relations are told apart as their releases do', async () => {
  expect(await changesOf(classifiedCtes)).toStrictEqual([
    ...['0.12.0', '2.7.0', '2.9.0', '2.11.0', '2.14.0', '2.15.0', '2.25.0', '2.29.0'],
  ]);
});

test("the server's own function is asked for its counters of functions since it has them", async () => {
  expect(
    await changesOf((server) =>
      statementOf(server, (snapshot) =>
        buildReport(snapshot, { reportSource: 'function', sizes: 'exact' }, 'no_functions'),
      ),
    ),
  ).toStrictEqual(['0.12.0', '2.7.1']);
});

/** Where the table of metadata moved, the extension's own functions, and the job catalog. */
const METADATA = ['1.3.0', '1.4.0'];
const FUNCTIONS = ['2.12.0'];
const JOBS = [...FUNCTIONS, '2.25.0'];
const COUNTERS = [
  'num_continuous_aggs_policies',
  'num_compression_policies',
  'num_retention_policies',
  'num_user_defined_actions',
];

function forEach(names: readonly string[], changes: readonly string[]) {
  return Object.fromEntries(names.map((name) => [name, changes]));
}

/** Where the SQL of a field changes while its release has it; all others are asked in one way. */
const CHANGES: Readonly<Record<string, readonly string[]>> = {
  ...forEach(['db_uuid', 'exported_db_uuid'], METADATA),
  installed_time: [...METADATA, '1.7.3'],
  db_metadata: ['1.4.0'],
  ...forEach(['os_name', 'os_version', 'os_release', 'os_name_pretty'], FUNCTIONS),
  ...forEach(['data_volume', 'build_architecture_bit_size'], ['2.6.0']),
  num_hypertables: ['1.5.0', '2.0.0'],
  num_compressed_hypertables: ['2.0.0'],
  ...forEach(COUNTERS, ['2.9.0', ...JOBS]),
  num_reorder_policies: ['2.0.0', '2.9.0', ...JOBS],
  ...forEach(
    [...COUNTERS, 'num_reorder_policies'].map((name) => `${name}_fixed`),
    JOBS,
  ),
  stats_by_job_type: [...FUNCTIONS, '2.15.1', '2.25.0'],
  errors_by_sqlerrcode: ['2.10.0', ...FUNCTIONS],
  related_extensions: ['1.7.5', '2.1.1', '2.4.2', '2.6.0', '2.17.0'],
  license: ['2.0.0'],
  ...forEach(['last_tuned_time', 'last_tuned_version'], ['2.25.0']),
  relations: ['2.7.0', '2.9.0', '2.13.0', '2.14.0'],
};

test('each field is computed as its releases do', async () => {
  const found: Record<string, string[]> = {};
  for (const field of FIELDS) {
    const changes = await changesOf((server) =>
      isIn(field, server.release) ? field.sql?.(server) : undefined,
    );
    const { since = '0.12.0', before } = field;
    const inside = changes.filter((release) => release !== since && release !== before);
    if (inside.length > 0) found[field.name] = inside;
  }
  expect(found).toStrictEqual(CHANGES);
});
