import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readTargetFile } from '../../../cli/run/target-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-target-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const MINIMAL = { name: 'metrics', environment: 'prod' };
const ENDPOINT = 'https://telemetry.example.com/v1/metrics';

/** Reads a target file with this content on a machine whose user is `ann`. */
async function read(content: unknown, environment: Readonly<Record<string, string>> = {}) {
  const path = join(folder, 'metrics.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  const problems: string[] = [];
  const machine = {
    environment,
    user: 'ann',
    exists: () => false,
    readFile: (name: string) => {
      throw new Error(name);
    },
  };
  return { file: await readTargetFile(path, machine, problems), problems };
}

/** Returns the problems of an invalid file. */
async function problemsOf(content: unknown, environment: Readonly<Record<string, string>> = {}) {
  const { file, problems } = await read(content, environment);
  expect(file).toBeUndefined();
  return problems;
}

describe('a target file', () => {
  test('needs two keys, and sends to the endpoint of the built-in reporter', async () => {
    const { file, problems } = await read(MINIMAL);
    expect(problems).toEqual([]);
    expect(file).toMatchObject({
      target: { ...MINIMAL, tls: { mode: 'verify-full' }, tickHours: 24, levelWhenUnset: 'off' },
      credentials: { kind: 'environment', connection: { host: 'localhost', user: 'ann' } },
      recordFolder: undefined,
    });
    expect(file?.settings.DELIVERY).toBe('{}');
    expect(file?.settings.RECORD).toBeUndefined();
  });

  test('names its credentials by secretId', async () => {
    const { file } = await read({ ...MINIMAL, secretId: 'prod/metrics' });
    expect(file?.credentials).toEqual({ kind: 'secret' });
    expect(file?.target.secretId).toBe('prod/metrics');
  });

  test('has paths relative to its folder', async () => {
    const { file } = await read({
      ...MINIMAL,
      credentialsFile: 'credentials',
      tls: { caFile: '../ca.pem' },
      record: { folder: 'record' },
    });
    expect(file?.credentials).toEqual({ kind: 'file', path: join(folder, 'credentials') });
    expect(file?.target).toMatchObject({
      tls: { mode: 'verify-full', caFile: join(folder, '..', 'ca.pem') },
    });
    expect(JSON.parse(file?.settings.TARGET ?? '')).toMatchObject(file?.target ?? {});
    expect(file?.recordFolder).toBe(join(folder, 'record'));
  });

  test('has absolute paths, too', async () => {
    const { file } = await read({ ...MINIMAL, credentialsFile: '/run/secrets/telemetry' });
    expect(file?.credentials).toEqual({ kind: 'file', path: '/run/secrets/telemetry' });
  });

  test('has the endpoint and the bucket of the record', async () => {
    const record = { bucket: 'records', prefix: 'telemetry' };
    const { file } = await read({ ...MINIMAL, delivery: { endpoint: ENDPOINT }, record });
    expect(JSON.parse(file?.settings.DELIVERY ?? '')).toEqual({ endpoint: ENDPOINT });
    expect(JSON.parse(file?.settings.RECORD ?? '')).toEqual(record);
    expect(file?.recordFolder).toBeUndefined();
  });

  test('takes precedence over the variables of a function', async () => {
    const { file } = await read(
      MINIMAL,
      Object.fromEntries(
        ['TARGET', 'DELIVERY', 'RECORD', 'RETRY', 'WORKER'].map((name) => [name, '{']),
      ),
    );
    expect(file?.target).toMatchObject(MINIMAL);
    expect(file?.settings).toMatchObject({ RETRY: undefined, WORKER: undefined });
  });
});

describe('a target file is rejected', () => {
  test('with all problems at once, also those of the environment', async () => {
    const content = {
      name: '-',
      environment: 'prod',
      host: 'a:1',
      tickHours: 5,
      tls: { mode: 'require', cafile: 'ca.pem' },
      delivery: { endpoint: 'http://example.com' },
      record: { bucket: 'Records' },
      secret: 'prod/metrics',
    };
    const environment = {
      PGPORT: '70000',
      PGSERVICE: 'x',
      DATABASE_URL: 'postgres://h/db?service=y',
      PGREPLICATION: 'database',
    };
    const problems = (await problemsOf(content, environment)).join('\n');
    for (const part of [
      /^TARGET name: /m,
      /^TARGET host: must be one name or address/m,
      /^TARGET tickHours: /m,
      /^TARGET tls\.mode: /m,
      /^TARGET tls: .*cafile/m,
      /^TARGET: .*secret/m,
      /^DELIVERY endpoint: must be an https/m,
      /^RECORD bucket: must be a bucket name/m,
      /^PGPORT must be a whole number/m,
      /^PGSERVICE is set, .* use DATABASE_URL/m,
      /^DATABASE_URL: the parameter service is not supported/m,
      /^PGREPLICATION: /m,
    ]) {
      expect(problems).toMatch(part);
    }
  });

  test.each([
    ['that is not JSON', '{', 'the target file: is not JSON'],
    ['that is a list', [], 'the target file: must be an object, not an array'],
    [
      'with two sources of credentials',
      { ...MINIMAL, secretId: 's', credentialsFile: 'c' },
      'secretId and credentialsFile exclude each other',
    ],
    [
      'with version data',
      { ...MINIMAL, versionData: 'versions.json' },
      /^versionData: has a form that only a deployment writes/,
    ],
    [
      'with an empty path',
      { ...MINIMAL, credentialsFile: '' },
      'the target file credentialsFile: must not be empty',
    ],
    [
      'with a folder and a prefix of the record',
      { ...MINIMAL, record: { folder: 'record', prefix: 'p' } },
      /^RECORD: .*prefix/,
    ],
  ])('%s', async (_what, content, problem) => {
    const pattern =
      typeof problem === 'string'
        ? expect.stringContaining(problem)
        : expect.stringMatching(problem);
    expect(await problemsOf(content)).toEqual([pattern]);
  });

  test('that does not exist', async () => {
    const problems: string[] = [];
    const machine = { environment: {}, user: 'ann', exists: () => false, readFile: () => '' };
    await readTargetFile(join(folder, 'missing.json'), machine, problems);
    expect(problems).toEqual(['the target file: cannot be read (ENOENT)']);
  });
});
