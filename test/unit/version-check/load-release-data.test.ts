import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RELEASE_DATA } from '../../../data/release-data.ts';
import { loadReleaseData } from '../../../lib/version-check/load-release-data.ts';
import type { ReleaseData } from '../../../lib/version-check/release-data.ts';

const BUNDLED: ReleaseData = { ...RELEASE_DATA, asOf: '2026-11-21' };
const [INCOMPATIBILITY] = BUNDLED.incompatibilities;
const [ADVISORY] = BUNDLED.advisories;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'version-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

let count = 0;
async function written(content: string | object): Promise<string> {
  count += 1;
  const file = join(folder, `${count}.json`);
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

test('uses the bundled data where no file is named', async () => {
  expect(await loadReleaseData(undefined, BUNDLED)).toEqual({ data: BUNDLED });
});

test.each([
  ['newer', '2026-12-01'],
  ['equally old', '2026-11-21'],
])('uses the file when it is %s', async (_age, asOf) => {
  const own: ReleaseData = { ...BUNDLED, asOf, announced: ['9.0.0'] };
  expect(await loadReleaseData(await written(own), BUNDLED)).toEqual({ data: own });
});

test('reads a file that begins with a byte order mark', async () => {
  const file = await written(`\uFEFF${JSON.stringify({ ...BUNDLED, asOf: '2026-12-01' })}`);
  expect((await loadReleaseData(file, BUNDLED)).data.asOf).toBe('2026-12-01');
});

test('uses the bundled data when the file is older, and says so', async () => {
  const file = await written({ ...BUNDLED, asOf: '2026-11-20' });
  expect(await loadReleaseData(file, BUNDLED)).toEqual({
    data: BUNDLED,
    warning:
      'The file that versionData names has data of 2026-11-20, which is older than the bundled data. The version check uses the bundled data of 2026-11-21. Replace the file, or remove versionData from the environment, and deploy again.',
  });
});

async function warningFor(path: string): Promise<string | undefined> {
  const { data, warning } = await loadReleaseData(path, BUNDLED);
  expect(data).toBe(BUNDLED);
  expect(warning).toContain('The version check uses the bundled data of 2026-11-21. Deploy');
  return warning?.split('. ')[0];
}

test.each([
  ['a missing file', () => join(folder, 'missing.json'), 'cannot be read (ENOENT)'],
  ['a folder', () => folder, 'is not a file'],
  ['a device', () => '/dev/zero', 'is not a file'],
  ['a path that no file can have', () => 'a\0b', 'cannot be read (ERR_INVALID_ARG_VALUE)'],
  ['an empty file', () => written(''), 'is not JSON'],
  ['half a file', () => written('{"asOf":"2026-12-01",'), 'is not JSON'],
  ['a file of more than 1 MB', () => written(' '.repeat(1_000_001)), 'is larger than 1 MB'],
])('uses the bundled data instead of %s', async (_what, path, fault) => {
  expect(await warningFor(await path())).toBe(`The file that versionData names ${fault}`);
});

/** Newer than the bundled data, with one fault. */
const FAULTY: Readonly<Record<string, unknown>> = {
  'no object': [],
  null: null,
  'no date': { asOf: undefined },
  'a day that does not exist': { asOf: '2026-13-41' },
  'no releases': { releases: [] },
  'a missing list': { securityFixes: undefined },
  'a release that is no version': { releases: [{ versions: ['two'], postgresql: ['17'] }] },
  'a release with a leading zero': { announced: ['2.08.0'] },
  'a release without a patch': { announced: ['2.33'] },
  'a pre-release': { releases: [{ versions: ['2.0.0', '2.1.0-rc1'], postgresql: ['17'] }] },
  'releases in a wrong order': {
    releases: [
      { versions: ['2.1.0', '2.10.0'], postgresql: ['17'] },
      { versions: ['2.9.0'], postgresql: ['18'] },
    ],
  },
  'a release twice': { releases: [{ versions: ['2.1.0', '2.1.0'], postgresql: ['17'] }] },
  'a PostgreSQL major that does not exist': {
    releases: [{ versions: ['2.1.0'], postgresql: ['17.2'] }],
  },
  'an unknown effect': { incompatibilities: [{ ...INCOMPATIBILITY, effect: 'slow' }] },
  'a range of TimescaleDB versions that cannot be parsed': {
    incompatibilities: [{ ...INCOMPATIBILITY, timescaledb: '>=two' }],
  },
  'a range of PostgreSQL versions that cannot be parsed': {
    incompatibilities: [{ ...INCOMPATIBILITY, postgresql: '15.20 to 16' }],
  },
  'an empty range, which would be every version': {
    incompatibilities: [{ ...INCOMPATIBILITY, postgresql: ' ' }],
  },
  'a fix of an incompatibility that is no version': {
    incompatibilities: [{ ...INCOMPATIBILITY, fixed: ['next'] }],
  },
  'an advisory whose range cannot be parsed': { advisories: [{ ...ADVISORY, affected: '<<2' }] },
  'an advisory whose fix is no version': { advisories: [{ ...ADVISORY, fixed: [''] }] },
  'a failing update to no version': { failedUpdates: [{ to: 'x', summary: '', fixed: '2.1.0' }] },
  'security fixes in no version': { securityFixes: [{ release: 'x', summary: '' }] },
};

test.each(Object.entries(FAULTY))(
  'uses the bundled data instead of a file with %s',
  async (_what, fault) => {
    const isChange = typeof fault === 'object' && fault !== null && !Array.isArray(fault);
    const file = await written(
      JSON.stringify(isChange ? { ...BUNDLED, asOf: '2026-12-01', ...fault } : fault),
    );
    expect(await warningFor(file)).toBe(
      'The file that versionData names does not have the form of version data',
    );
  },
);

test('accepts the bundled data itself', async () => {
  expect(await loadReleaseData(await written(RELEASE_DATA), RELEASE_DATA)).toEqual({
    data: RELEASE_DATA,
  });
});
