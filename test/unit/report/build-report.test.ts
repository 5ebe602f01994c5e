import { describe, expect, test } from 'vitest';
import { RunError } from '../../../lib/errors.ts';
import { buildReport } from '../../../lib/report/build-report.ts';
import { reportQuery } from '../../../lib/report/report-query.ts';
import { createServerInfo } from '../../support/timescaledb/server-info.ts';
import { answering, CATALOG } from './answering-snapshot.ts';

const RELEASES = ['0.12.0', '1.3.0', '1.7.5', '2.0.0', '2.6.0', '2.14.0', '2.25.0', '2.29.0'];

/** The smallest report of 0.12: the fields that are never absent. */
const SMALLEST = {
  os_name: 'Linux',
  installed_time: '2024-02-02 22:35:06+00',
  postgresql_version: '10.4',
  timescaledb_version: '0.12.0',
  data_volume: '1',
  num_hypertables: '0',
  related_extensions: { postgis: 'false', pg_prometheus: 'false' },
};

/** Checks that the function is named once, and that OFFSET 0 prevents the planner from copying the call. */
const ONE_CALL =
  /^(?!.*get_telemetry_report.*get_telemetry_report)\/\*[^*]+\*\/\s+select\s.*\sfrom \(\s+select \(public\.get_telemetry_report\(\)::pg_catalog\.jsonb #- '\{db_metadata,exported_uuid_bak\}'\)::pg_catalog\.text as report\s+offset 0\s+\) r$/s;

const FUNCTION = { reportSource: 'function', sizes: 'exact' } as const;

const LOCKED = new RunError('CATALOG_LOCKED', 'locked', { remedy: '' });

describe('the query', () => {
  test.each(RELEASES)("for %s never calls the extension's own function", (release) => {
    expect(reportQuery(createServerInfo(release), 'exact')).not.toContain('get_telemetry_report');
  });

  test.each(RELEASES)('for %s with estimated sizes opens no relation', (release) => {
    expect(reportQuery(createServerInfo(release), 'estimated')).not.toMatch(
      /pg_(table|total_relation|indexes|relation)_size/,
    );
  });

  test('calls no function that is not callable', () => {
    const { memberFunctions } = createServerInfo('1.7.5');
    const sql = reportQuery(
      createServerInfo('1.7.5', {
        memberFunctions: memberFunctions.map((one) => ({ ...one, callable: false })),
      }),
      'exact',
    );
    for (const { name } of memberFunctions) expect(sql).not.toContain(name);
  });
});

describe('a report', () => {
  test.each([
    [
      'an unknown field',
      { ...SMALLEST, mine: 1 },
      'the report contains fields that are not on the published list: mine',
    ],
    [
      'a number in place of a text',
      { ...SMALLEST, data_volume: 1 },
      'data_volume is missing, or has another type than published',
    ],
    [
      'a missing field',
      { ...SMALLEST, os_name: undefined },
      'os_name is missing, or has another type than published',
    ],
    [
      'a field of a later release',
      { ...SMALLEST, telemetry_version: 2 },
      'contains fields that are not on the published list: telemetry_version',
    ],
    [
      'a key inside an object',
      { ...SMALLEST, related_extensions: { ...SMALLEST.related_extensions, 'c4n4ry!': 'true' } },
      'related_extensions contains 1 field that is not on the published list',
    ],
  ])('is rejected with %s', async (_what, report, why) => {
    const building = buildReport(answering(createServerInfo('0.12.0'), report), CATALOG, 'basic');
    await expect(building).rejects.toMatchObject({
      code: 'REPORT_UNPUBLISHED',
      retryable: false,
      message: expect.stringContaining(why),
    });
    await expect(building).rejects.not.toThrow(/c4n4ry/);
  });

  test('with many problems is rejected with a short message', async () => {
    const much = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`unknown_${i}`, i]));
    const building = buildReport(answering(createServerInfo('0.12.0'), much), CATALOG, 'basic');
    await expect(building).rejects.toThrow(
      /contains fields that are not on the published list: unknown_0, unknown_1, unknown_2, unknown_3, unknown_4, 45 more; .*; \d more\.$/,
    );
  });

  test('is returned unchanged when all of it is published', async () => {
    const { body, source } = await buildReport(
      answering(createServerInfo('0.12.0'), SMALLEST),
      CATALOG,
      'basic',
    );
    expect(JSON.parse(new TextDecoder().decode(body))).toStrictEqual(SMALLEST);
    expect(source).toBe('catalog');
  });

  test('is rejected without naming keys that are user data', async () => {
    const building = buildReport(
      answering(createServerInfo('1.4.0'), { ...SMALLEST, db_metadata: { c4n4ry: 1 } }),
      CATALOG,
      'basic',
    );
    await expect(building).rejects.toThrow(/db_metadata\.\* is missing, or has another type/);
    await expect(building).rejects.not.toThrow(/c4n4ry/);
  });
});

describe('a relation that is locked before it is measured', () => {
  test('leads to a second statement that estimates all sizes', async () => {
    const snapshot = answering(createServerInfo('0.12.0'), LOCKED, SMALLEST);
    await buildReport(snapshot, CATALOG, 'basic');
    expect(snapshot.asked).toHaveLength(2);
    expect(snapshot.asked[1]).toBe(reportQuery(snapshot.server, 'estimated'));
  });

  test('is an error when it is a catalog, which estimates read, too', async () => {
    const building = buildReport(
      answering(createServerInfo('0.12.0'), LOCKED, LOCKED),
      CATALOG,
      'basic',
    );
    await expect(building).rejects.toBe(LOCKED);
  });

  test('is not queried again when sizes are already estimated', async () => {
    const snapshot = answering(createServerInfo('0.12.0'), LOCKED, SMALLEST);
    const building = buildReport(snapshot, { ...CATALOG, sizes: 'estimated' }, 'basic');
    await expect(building).rejects.toBe(LOCKED);
    expect(snapshot.asked).toHaveLength(1);
  });
});

describe("the server's own function", () => {
  test('is never called on a standby', async () => {
    const snapshot = answering(createServerInfo('0.12.0', { standby: true }), SMALLEST);
    const { source, fallback } = await buildReport(snapshot, FUNCTION, 'basic');
    expect(snapshot.asked.join('\n')).not.toContain('get_telemetry_report');
    expect(source).toBe('catalog');
    expect(fallback).toMatch(/standby/);
  });

  test('is not called where it is not callable', async () => {
    const server = createServerInfo('0.12.0');
    const snapshot = answering(
      {
        ...server,
        memberFunctions: server.memberFunctions.map((one) => ({ ...one, callable: false })),
      },
      SMALLEST,
    );
    const { fallback } = await buildReport(snapshot, FUNCTION, 'basic');
    expect(snapshot.asked.join('\n')).not.toContain('get_telemetry_report');
    expect(fallback).toMatch(/may not call it/);
  });

  test('is called once, and no other statement is sent', async () => {
    const snapshot = answering(createServerInfo('0.12.0'), SMALLEST);
    const { source } = await buildReport(snapshot, FUNCTION, 'basic');
    expect(source).toBe('function');
    expect(snapshot.asked).toStrictEqual([expect.stringMatching(ONE_CALL)]);
  });

  test('is replaced by estimates when it fails for a lock and a relation is locked, too', async () => {
    const snapshot = answering(createServerInfo('0.12.0'), LOCKED, LOCKED, SMALLEST);
    const { source, fallback } = await buildReport(snapshot, FUNCTION, 'basic');
    expect(source).toBe('catalog');
    expect(fallback).toMatch(/CATALOG_LOCKED/);
    expect(snapshot.asked).toHaveLength(3);
  });
});
