import { describe, expect, test } from 'vitest';
import { resolveLevel, visibleLevels } from '../../../lib/consent/telemetry-level.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import type { TimescaledbSnapshot } from '../../../lib/timescaledb/server-info.ts';
import { parseServerInfo } from '../../../lib/timescaledb/server-info.ts';
import { isVersionText } from '../../../lib/version.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';
import { FACTS_ROW, serverInfoRow } from '../../support/sql/every-statement.ts';
import { aJob, aServer } from '../../support/timescaledb/facts.ts';
import { createServerInfo } from '../../support/timescaledb/server-info.ts';

const SERVER_INFO_ROW = serverInfoRow(createServerInfo('2.28.3'));
const JOB = aJob();

function factsFrom(row: object) {
  const snapshot: TimescaledbSnapshot = {
    server: createServerInfo('2.28.3'),
    row: async (_sql, read) => read({ ...FACTS_ROW, ...row }),
  };
  return readFacts(snapshot);
}

const VERSIONS = [
  '2.23.0-dev',
  '2.14.2+dfsg',
  '2.9.1~ubuntu',
  '2.11.1-cloud',
  '2.9.0-rc2',
  '2.27.0-p0',
  '1.7.5',
  '2.19.3_oss',
];
const INVALID_VERSIONS = [
  '',
  `2.28.3-${'x'.repeat(64)}`,
  '2.28.3\u001b[2J',
  '2.28.3\n{"level":"ERROR"}',
  '2.28.3\u202e',
  '2.28.3 (mine)',
  "2.28.3'; drop table x",
  '2.28.3/../x',
  '-2.28.3',
  '２.28.3',
];

describe('the time of the oldest failure of a job', () => {
  test.each([
    ['2026-11-17T05:06:07.123456+02:00', '2026-11-17T03:06:07.123Z'],
    ['infinity', null],
    ['0044-03-15T12:00:00+00:00 BC', null],
    ['\u001b[2J', null],
    [null, null],
  ])('%j is %j', async (oldestFailure, expected) => {
    const job_health = { scheduled: 2, failing: 1, oldestFailure };
    expect(await factsFrom({ job_health })).toMatchObject({
      jobHealth: { scheduled: 2, failing: 1, oldestFailure: expected },
    });
  });

  test.each([-1, 1.5, '1'])('a number of jobs is not %j', async (failing) => {
    await expect(
      factsFrom({ job_health: { scheduled: 2, failing, oldestFailure: null } }),
    ).rejects.toMatchObject({ code: 'CATALOG_UNEXPECTED' });
  });
});

describe('a version', () => {
  test.each(VERSIONS)('of a vendor is accepted: %s', async (text) => {
    expect(isVersionText(text)).toBe(true);
    expect(parseServerInfo({ ...SERVER_INFO_ROW, extension_version: text }).extensionVersion).toBe(
      text,
    );
    const row = { available_version: text, available_versions: [text] };
    expect(await factsFrom(row)).toMatchObject({
      availableVersion: text,
      availableVersions: [text],
    });
  });

  test.each(INVALID_VERSIONS)(
    'is the only accepted text, and any other is not quoted: %j',
    async (text) => {
      expect(() => parseServerInfo({ ...SERVER_INFO_ROW, extension_version: text })).toThrow(
        expect.objectContaining({
          code: 'VERSION_UNSUPPORTED',
          message: expect.stringMatching(/^[\x20-\x7e]{1,200}$/),
        }),
      );
      const row = { available_version: text, available_versions: ['2.28.3', text] };
      expect(await factsFrom(row)).toMatchObject({
        availableVersion: null,
        availableVersions: ['2.28.3'],
      });
    },
  );

  test('is read from a list of at most a thousand', async () => {
    const available_versions = Array.from({ length: 10_000 }, (_, i) => `2.${i}.0`);
    expect((await factsFrom({ available_versions })).availableVersions).toHaveLength(1_000);
  });

  test.each([-1, 0, 80_000, 10_000_000, 1e15])(
    'of PostgreSQL cannot be %d',
    (server_version_num) => {
      expect(() => parseServerInfo({ ...SERVER_INFO_ROW, server_version_num })).toThrow(
        expect.objectContaining({ code: 'CATALOG_UNEXPECTED' }),
      );
    },
  );
});

test('reports more functions than any release has as CATALOG_UNEXPECTED', () => {
  const member = {
    schema: 's',
    name: 'alter_job',
    call: 's.alter_job',
    arguments: 0,
    callable: true,
  };
  expect(() =>
    parseServerInfo({ ...SERVER_INFO_ROW, member_functions: Array(101).fill(member) }),
  ).toThrow(expect.objectContaining({ code: 'CATALOG_UNEXPECTED' }));
});

test('reports more than a thousand telemetry jobs as an error, because each could deny consent', async () => {
  await expect(factsFrom({ jobs: Array(1_001).fill(JOB) })).rejects.toMatchObject({
    code: 'CATALOG_UNEXPECTED',
  });
  expect((await factsFrom({ jobs: Array(1_000).fill(JOB) })).jobs).toHaveLength(1_000);
});

test('describes a list of invalid rows within the limit of a line', async () => {
  const broken = factsFrom({ jobs: Array(900).fill({ ...JOB, scheduled: null }) });
  await expect(broken).rejects.toMatchObject({ message: expect.stringMatching(/^.{1,2000}$/) });
});

test('reports thousands of roles with an invalid level as one place and one warning', () => {
  const stored = Array.from({ length: 5_000 }, (_, i) => ({
    place: 'role' as const,
    holder: 'job-owner' as const,
    value: `${'x'.repeat(1_000)}${i}`,
  }));
  const facts = aServer({ level: { stored } });
  expect(resolveLevel(facts, aTarget()).warnings).toEqual([
    "The level set for the job's owner is invalid and is treated as off.",
  ]);
  expect(visibleLevels(facts).filter(({ holder }) => holder === 'job-owner')).toEqual([
    { where: 'role', holder: 'job-owner', level: 'off', isInvalid: true },
  ]);
});
