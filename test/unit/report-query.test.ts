import { describe, expect, test } from 'vitest';
import type { Identity } from '../../lib/identity.ts';
import { reportQuery } from '../../lib/report/report.ts';

const GET_OS_INFO = '_timescaledb_functions.get_os_info';

function identityOf(release: string, changes: Partial<Identity> = {}): Identity {
  return {
    serverVersionNum: 170_005,
    standby: false,
    extensionVersion: release,
    release,
    memberFunctions: ['_timescaledb_functions.get_telemetry_report', GET_OS_INFO],
    memberOfDatabaseOwner: false,
    mayReadFileSettings: false,
    ...changes,
  };
}

function exact(release: string, changes?: Partial<Identity>): string {
  return reportQuery(identityOf(release, changes), 'exact');
}

/** The names and the SQL of the top-level fields, as the query lists them. */
function fieldsOf(sql: string): ReadonlyMap<string, string> {
  const list = sql.slice(sql.indexOf('fields (name, value) as (values'));
  const found = list.matchAll(/^ {2}\('(\w+)', ([\s\S]*?)\),?$(?=\n(?: {2}\('|\)\nselect))/gm);
  return new Map([...found].map(([, name = '', value = '']) => [name, value]));
}

function fieldOf(sql: string, name: string): string {
  const value = fieldsOf(sql).get(name);
  if (value === undefined) throw new Error(`The query has no field ${name}.`);
  return value;
}

const RELEASES = [
  '2.14.0',
  '2.15.0',
  '2.23.0',
  '2.24.0',
  '2.25.0',
  '2.27.3',
  '2.28.3',
  '2.29.0',
] as const;
type Release = (typeof RELEASES)[number];

/** Splits the releases: those before `since` and the others. */
function split(since: Release): readonly [before: readonly Release[], from: readonly Release[]] {
  const at = RELEASES.indexOf(since);
  return [RELEASES.slice(0, at), RELEASES.slice(at)];
}

const IN_EVERY_RELEASE = [
  'telemetry_version',
  'db_uuid',
  'exported_db_uuid',
  'installed_time',
  'os_name',
  'os_version',
  'os_release',
  'os_name_pretty',
  'postgresql_version',
  'timescaledb_version',
  'build_architecture',
  'build_architecture_bit_size',
  'data_volume',
  'num_continuous_aggs_policies',
  'num_compression_policies',
  'num_reorder_policies',
  'num_retention_policies',
  'num_user_defined_actions',
  'num_continuous_aggs_policies_fixed',
  'num_compression_policies_fixed',
  'num_reorder_policies_fixed',
  'num_retention_policies_fixed',
  'num_user_defined_actions_fixed',
  'related_extensions',
  'license',
  'last_tuned_time',
  'last_tuned_version',
  'instance_metadata',
  'db_metadata',
  'relations',
  'functions_used',
  'replication',
  'errors_by_sqlerrcode',
  'stats_by_job_type',
];

describe('the fields', () => {
  test.each([
    ['2.14.0', ['db_telemetry_events']],
    ['2.15.0', ['db_telemetry_events', 'access_methods']],
    ['2.23.0', ['db_telemetry_events', 'access_methods']],
    ['2.25.0', ['db_telemetry_events', 'access_methods']],
    ['2.27.2', ['db_telemetry_events', 'access_methods']],
    ['2.27.3', ['access_methods']],
    ['2.28.3', ['access_methods']],
    ['2.29.0', ['access_methods']],
  ])('of %s are those of every release and %j', (release, more) => {
    expect([...fieldsOf(exact(release)).keys()]).toStrictEqual([...IN_EVERY_RELEASE, ...more]);
  });

  test('that only compiled code knows are never named', () => {
    for (const release of RELEASES) {
      expect(exact(release)).not.toMatch(/install_method|build_os_name|build_os_version/);
      expect(fieldOf(exact(release), 'functions_used')).toBe("'null'::jsonb");
    }
  });

  test('whose value is SQL NULL are left out', () => {
    expect(exact('2.23.0')).toContain('from fields f where f.value is not null');
  });
});

describe('the catalog', () => {
  test("bgw_job is the configuration's before 2.25.0, and the catalog's since", () => {
    const [before, from] = split('2.25.0');
    for (const release of before) {
      expect(exact(release)).toContain('from _timescaledb_config.bgw_job j');
      expect(exact(release)).not.toContain('_timescaledb_catalog.bgw_job');
    }
    for (const release of from) {
      expect(exact(release)).toContain('from _timescaledb_catalog.bgw_job j');
      expect(exact(release)).not.toContain('_timescaledb_config');
    }
  });

  test('_timescaledb_config holds no relation of the user before 2.25.0', () => {
    expect(exact('2.24.0')).toContain("'_timescaledb_config'");
    expect(exact('2.25.0')).not.toContain("'_timescaledb_config'");
  });

  test('telemetry_event is read until 2.27.2', () => {
    for (const release of ['2.14.0', '2.25.0', '2.27.2']) {
      expect(exact(release)).toContain('_timescaledb_catalog.telemetry_event');
    }
    for (const release of ['2.27.3', '2.28.3', '2.29.0']) {
      expect(exact(release)).not.toContain('telemetry_event t');
    }
  });

  test('a chunk is found by name before 2.29.0, and by relid since', () => {
    const [before, from] = split('2.29.0');
    for (const release of before) {
      const sql = exact(release);
      expect(sql).toContain('on ch.schema_name = n.nspname and ch.table_name = c.relname');
      expect(sql).not.toContain('ch.relid');
    }
    for (const release of from) {
      expect(exact(release)).toContain('_timescaledb_catalog.chunk ch on ch.relid = c.oid');
      expect(exact(release)).not.toContain('ch.table_name');
    }
  });

  test('a hypertable has a compression_state before 2.29.0, and a status since', () => {
    const [before, from] = split('2.29.0');
    for (const release of before) {
      const sql = exact(release);
      expect(sql).toContain('h.compression_state = 2 as internal');
      expect(sql).toContain('h.compression_state = 1 as compressing');
      expect(sql).not.toContain('(h.status');
      expect(sql).not.toContain('compression_settings');
    }
    for (const release of from) {
      const sql = exact(release);
      expect(sql).toContain('false as internal, (h.status & 4) <> 0 as compressing');
      expect(sql).toContain('cs.compress_relid = c.oid');
      expect(sql).toContain("when c.relkind = 'r' and cs.compress_relid is not null then null");
      expect(sql).not.toContain('compression_state');
    }
  });

  test('a continuous aggregate may be of the old format before 2.25.0', () => {
    const [before, from] = split('2.25.0');
    for (const release of before) expect(exact(release)).toContain('ca.finalized as finalized');
    for (const release of from) {
      expect(exact(release)).toContain('true as finalized');
      expect(exact(release)).not.toContain('ca.finalized');
    }
  });

  test("the errors of jobs are kept in job_errors before 2.15.0, in the jobs' history since", () => {
    const [before, from] = split('2.15.0');
    for (const release of before) {
      expect(exact(release)).toContain("'bgw_job_stat', 'job_errors', 'bgw_policy_chunk_stats'");
    }
    for (const release of from) {
      expect(exact(release)).toContain(
        "'bgw_job_stat', 'bgw_job_stat_history', 'bgw_policy_chunk_stats'",
      );
    }
  });

  test.each([
    ['2.15.0', 'policy_job_error_retention', 'policy_job_stat_history_retention'],
    ['2.15.1', 'policy_job_stat_history_retention', 'policy_job_error_retention'],
  ])('the job that forgets is called otherwise since 2.15.1: %s', (release, named, other) => {
    const stats = fieldOf(exact(release), 'stats_by_job_type');
    expect(stats).toContain(`'${named}'`);
    expect(stats).not.toContain(other);
  });

  test('extensions for vectors are looked for since 2.17.0', () => {
    const older = ['pg_prometheus', 'postgis', 'promscale', 'timescale_analytics'];
    const names = [...older, 'timescaledb_toolkit', 'vector', 'ai', 'vectorscale'];
    const lookedFor = (release: string): string[] =>
      [...fieldOf(exact(release), 'related_extensions').matchAll(/extname = '(\w+)'/g)].map(
        ([, name = '']) => name,
      );
    expect(lookedFor('2.16.1')).toStrictEqual(names.slice(0, 5));
    expect(lookedFor('2.17.0')).toStrictEqual(names);
  });
});

describe('the settings of timescaledb-tune', () => {
  const setting = (name: string): string =>
    `nullif(pg_catalog.current_setting('timescaledb.${name}', true), '')`;
  const both = (first: string, second: string): string =>
    `pg_catalog.to_jsonb((coalesce(${setting(first)}, ${setting(second)}))::text)`;
  const [before, from] = split('2.25.0');

  test.each(before)('%s reads what tune writes first', (release) => {
    expect(fieldOf(exact(release), 'last_tuned_time')).toBe(both('last_tuned', 'last_tune_time'));
    expect(fieldOf(exact(release), 'last_tuned_version')).toBe(
      both('last_tuned_version', 'last_tune_version'),
    );
  });

  test.each(from)('%s reads names of its own first', (release) => {
    expect(fieldOf(exact(release), 'last_tuned_time')).toBe(both('last_tune_time', 'last_tuned'));
    expect(fieldOf(exact(release), 'last_tuned_version')).toBe(
      both('last_tune_version', 'last_tuned_version'),
    );
  });
});

describe('what the role may see', () => {
  test('errors_by_sqlerrcode is for members of the owner only, and NULL for others', () => {
    for (const release of RELEASES) {
      expect(fieldOf(exact(release), 'errors_by_sqlerrcode')).toBe('null');
      expect(exact(release)).not.toContain('timescaledb_information.job_errors');
      expect(
        fieldOf(exact(release, { memberOfDatabaseOwner: true }), 'errors_by_sqlerrcode'),
      ).toContain('from timescaledb_information.job_errors v');
    }
  });

  test('the operating system is asked of the function that belongs to the extension', () => {
    const columns = { os_name: 'sysname', os_version: 'version', os_release: 'release' };
    for (const [field, column] of Object.entries({
      ...columns,
      os_name_pretty: 'version_pretty',
    })) {
      expect(fieldOf(exact('2.23.0'), field)).toContain(
        `select os.${column} from ${GET_OS_INFO}()`,
      );
    }
  });

  test.each([[[]], [['public.get_os_info']], [['_timescaledb_internal.get_os_info']]])(
    'and of no other function: %j',
    (memberFunctions) => {
      const sql = exact('2.23.0', { memberFunctions });
      expect(sql).not.toContain('get_os_info');
      expect(fieldOf(sql, 'os_name')).toBe("pg_catalog.to_jsonb(('Unknown')::text)");
      for (const field of ['os_version', 'os_release', 'os_name_pretty']) {
        expect(fieldOf(sql, field)).toBe('null');
      }
    },
  );

  test("the extension's own report is never called", () => {
    for (const release of RELEASES) expect(exact(release)).not.toContain('get_telemetry_report');
  });

  test("PostgreSQL's version has two numbers", () => {
    const version = fieldOf(exact('2.23.0', { serverVersionNum: 150_112 }), 'postgresql_version');
    expect(version).toBe("pg_catalog.to_jsonb(('15.112')::text)");
  });
});

describe('the sizes', () => {
  const OPENING = /pg_(table|total_relation|indexes|relation)_size/;

  test('that are exact open what is not locked, and count what is', () => {
    const sql = exact('2.23.0');
    expect(sql).toMatch(OPENING);
    expect(sql).toContain('where r.oid not in (select b.oid from blocked b)');
    expect(sql).toContain(
      '(select count(*) from stored r where r.oid in (select b.oid from blocked b))' +
        '::int as estimated_relations',
    );
  });

  test.each(RELEASES)('that are estimated open nothing, and count all: %s', (release) => {
    const sql = reportQuery(identityOf(release), 'estimated');
    expect(sql).not.toMatch(OPENING);
    expect(sql).toContain('(select count(*) from stored)::int as estimated_relations');
  });
});
