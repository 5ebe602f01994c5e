import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { RELEASE_DATA } from '../../../data/release-data.ts';
import file from '../../../data/timescaledb.json' with { type: 'json' };
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { settingWarnings } from '../../../infra/config/warnings.ts';
import { loadReleaseData } from '../../../lib/version-check/load-release-data.ts';
import { releaseDataSchema } from '../../../lib/version-check/release-data.ts';
import { problemsOf } from '../../support/aws/problems.ts';
import { anEnvironment } from '../../support/aws/synthesis.ts';

const DAY_MS = 24 * 3_600_000;
const NOW = Date.parse(RELEASE_DATA.asOf) + 10 * DAY_MS;

function day(days: number): string {
  return new Date(Date.parse(RELEASE_DATA.asOf) + days * DAY_MS).toISOString().slice(0, 10);
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(inject('folder'), 'version-data-'));
});

let count = 0;
function written(content: string | Uint8Array | object): string {
  count += 1;
  const path = join(folder, `${count}.json`);
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  writeFileSync(path, isText ? content : JSON.stringify(content));
  return path;
}

/** Checks an environment with the file at the time of these tests. */
function checkedWith(path: string, now = NOW) {
  return checkEnvironment('test', anEnvironment({ versionData: path }), now, folder);
}

function problemsWith(path: string): readonly string[] {
  try {
    checkedWith(path);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

describe('the version data of an environment', () => {
  test('is reduced to what the functions need', () => {
    writeFileSync(join(folder, 'own.json'), JSON.stringify({ ...file, asOf: day(3) }));
    const { versionData } = checkedWith('./own.json');
    expect(versionData).toMatchObject({ path: './own.json', asOf: day(3), ageDays: 7 });
    expect(releaseDataSchema.parse(JSON.parse(versionData?.json ?? ''))).toEqual({
      ...RELEASE_DATA,
      asOf: day(3),
    });
  });

  test('may begin with a byte order mark', () => {
    expect(problemsWith(written(`\uFEFF${JSON.stringify(file)}`))).toEqual([]);
  });

  test.each<[what: string, path: () => string, problem: RegExp]>([
    [
      'a missing file',
      () => 'nowhere.json',
      /nowhere\.json cannot be read \(ENOENT\); set the path/,
    ],
    ['a folder', () => folder, / is a folder; set the path of a JSON file$/],
    ['a device', () => '/dev/null', / is not a regular file; set the path of a JSON file$/],
    [
      'a large file',
      () => written(' '.repeat(50_000_000)),
      / has 50\.0 MB, but the limit is 1\.0 MB; set the path of a file of version data$/,
    ],
    ['another encoding', () => written(Buffer.from('{"ä"', 'latin1')), / is not in UTF-8; save it/],
    ['an empty file', () => written(''), /\d\.json:1:1: value expected$/],
    [
      'a syntax error',
      () => written('{\n  "asOf": "2026-11-21",\n  releases: []\n}'),
      /^versionData: \/\S*\/\d+\.json:3:3: invalid symbol$/,
    ],
    ['a comment', () => written('{\n  // mine\n}'), /\d\.json:2:3: invalid comment token$/],
    [
      'a key twice',
      () => written('{\n  "asOf": "2026-11-21",\n  "asOf": "2026-11-22"\n}'),
      /\d\.json:3:3: duplicate key "asOf"$/,
    ],
    ['a no-break space', () => written('{\u00A0}'), /\d\.json:1:2: invalid symbol$/],
    ['another form', () => written('[]'), /\d\.json must be an object, not an array$/],
    [
      'a day in the future',
      () => written({ ...file, asOf: day(12) }),
      /\.json asOf: \d{4}-\d\d-\d\d is in the future$/,
    ],
    [
      'a day before that of the bundled data',
      () =>
        written({
          ...file,
          asOf: day(-1),
          releases: file.releases.filter(({ date = '' }) => date < day(-1)),
          incompatibilities: [],
          failedUpdates: [],
          advisories: [],
          notes: [],
        }),
      /\.json asOf: \S+ is older than the bundled data, which is of \S+; update the file, or remove versionData$/,
    ],
    [
      'only announced releases',
      () =>
        written({
          asOf: day(0),
          releases: [{ version: '2.33.0', postgresql: ['18'], announced: true }],
          incompatibilities: [],
          failedUpdates: [],
          advisories: [],
          notes: [],
        }),
      /\.json releases: none is published$/,
    ],
  ])('is rejected for %s, with one problem', (_what, path, problem) => {
    expect(problemsWith(path())).toEqual([expect.stringMatching(problem)]);
    expect(problemsWith(path())).toEqual([expect.stringMatching(/^versionData: /)]);
  });

  test('has all its problems in one error, beside those of the environment', () => {
    const [release] = file.releases;
    const [incompatibility] = file.incompatibilities;
    const path = written({
      ...file,
      asOf: day(1),
      releases: [...file.releases, release, { ...release, version: '9.0.0', date: day(2) }],
      incompatibilities: [
        ...file.incompatibilities,
        { ...incompatibility, id: 'mine', timescaledb: '\u001B[31m<<2', fixed: ['8.0.0'] },
      ],
      failedUpdates: [{ ...file.failedUpdates[0], to: '0.0.9' }],
    });
    const problems = problemsOf({ ...anEnvironment({ versionData: path }), logLevel: 'LOUD' });
    expect(problems).toEqual([
      expect.stringMatching(/^environment logLevel: must be one of/),
      `versionData: ${path} releases: 0.12.0 is listed after ${file.releases.at(-1)?.version}`,
      `versionData: ${path} releases: 9.0.0 is of ${day(2)}, which is later than asOf (${day(1)})`,
      `versionData: ${path} mine: "\\u001b[31m<<2" is not a range of versions`,
      `versionData: ${path} failedUpdates: 0.0.9 is not in releases`,
    ]);
  });

  test('has every problem of its form in one error, at most twenty of them', () => {
    const forms = written({
      ...file,
      asOf: 'yesterday',
      release: [],
      failedUpdates: undefined,
      notes: [{ kind: 'rumour', release: '2.32', summary: '', source: 'a friend' }],
    });
    const problems = problemsWith(forms);
    for (const problem of ['asOf: ', 'failedUpdates: ', 'notes[0].kind: ', 'notes[0].release: ']) {
      expect(problems).toContainEqual(expect.stringContaining(`${forms} ${problem}`));
    }
    expect(problems).toContainEqual(
      expect.stringContaining('unknown key "release" (did you mean "releases"?)'),
    );
    const many = written({ ...file, releases: file.releases.map(({ version }) => ({ version })) });
    expect(problemsWith(many)).toHaveLength(21);
    expect(problemsWith(many).at(-1)).toBe(
      `versionData: ${many} has ${file.releases.length - 20} more problems`,
    );
  });

  test('must be the path of a file', () => {
    expect(problemsOf({ ...anEnvironment(), versionData: '' })).toEqual([
      'environment versionData: must not be empty',
    ]);
    expect(problemsOf({ ...anEnvironment(), versionData: file })).toEqual([
      'environment versionData: must be a string, not an object',
    ]);
  });
});

test('a warning is shown if the data is older than 60 days', () => {
  const path = written({ ...file, asOf: day(1) });
  expect(settingWarnings(checkedWith(path, Date.parse(day(61))))).toEqual([]);
  expect(settingWarnings(checkedWith(path, Date.parse(day(62))))).toEqual([
    `The file of versionData, ${path}, is of ${day(1)}, 61 days ago. Update it.`,
  ]);
});

test('the functions accept what an environment accepts', async () => {
  const { versionData } = checkedWith(written({ ...file, asOf: day(1) }));
  const shipped = written(versionData?.json ?? '');
  const { data, warning } = await loadReleaseData(shipped, RELEASE_DATA);
  expect(warning).toBeUndefined();
  expect(data.asOf).toBe(day(1));
});
