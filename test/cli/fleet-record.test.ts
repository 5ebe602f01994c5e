import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { listen } from '../../emulator/http-server.ts';
import { LOCAL_CREDENTIALS } from '../../emulator/lambda/invoke.ts';
import { type S3, type S3Options, startS3 } from '../../emulator/s3.ts';
import { functionName, recordBucketOf } from '../../lib/naming.ts';
import { encodeRun } from '../../lib/record/encode-run.ts';
import { refuse, respond } from '../support/aws/deployment.ts';
import { runCommand } from '../support/process/commands.ts';
import { aRun, UP_TO_DATE } from '../unit/fleet/runs.ts';
import { addObject, keyOf } from '../unit/fleet-report/fleet-world.ts';

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';
const BUCKET = recordBucketOf('prod', ACCOUNT, REGION);
const VULNERABLE = {
  ...UP_TO_DATE,
  installed: '2.9.1',
  fix: '2.9.3',
  verdicts: ['upgrade-package'],
  advisories: ['GHSA-44jh-j22r-33wq'],
};

/** Writes an environment with two databases into a folder of its own. */
async function writeEnvironment(more = ''): Promise<string> {
  const folder = await mkdtemp(join(inject('folder'), 'environments-'));
  await writeFile(
    join(folder, 'prod.ts'),
    `export const environment = { account: '${ACCOUNT}', region: '${REGION}', ${more}
      databases: [{ name: 'orders', secret: 'a' }, { name: 'metrics', secret: 'b', tickHours: 6 }] };`,
  );
  return folder;
}

function shellFor(variables: Readonly<Record<string, string>>) {
  return { ...LOCAL_CREDENTIALS, AWS_EC2_METADATA_DISABLED: 'true', ...variables };
}

async function fleet(s3: Pick<S3, 'url'>, folder: string, ...args: readonly string[]) {
  const options = ['prod', '--environments', folder, ...args];
  return runCommand('fleet', options, shellFor({ AWS_ENDPOINT_URL_S3: s3.url }));
}

function start(options: Partial<S3Options> = {}): Promise<S3> {
  return startS3({ bucket: BUCKET, ...options });
}

function addRun(s3: S3, changes: Parameters<typeof aRun>[1], prefix = ''): void {
  const recordedAt = new Date(Date.now() - 3_600_000).toISOString();
  const run = aRun(recordedAt.slice(0, 10), { recordedAt, scheduledTime: recordedAt, ...changes });
  addObject(s3, `${prefix}${keyOf(run)}`, encodeRun(run), recordedAt);
}

describe.concurrent('npm run fleet -- <environment>', () => {
  test('shows each database of the record, the worst first, and writes nothing', async () => {
    await using s3 = await start();
    addRun(s3, { version: VULNERABLE });
    const before = new Map(s3.objects);
    const { stdout, stderr, code } = await fleet(s3, await writeEnvironment());
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('fleet of prod, from its record');
    expect(stdout).toMatch(/✖ orders +vulnerable \+1 .*2\.9\.1 → 2\.31\.2/);
    expect(stdout).toContain('2 databases, as of');
    expect(stdout).toContain('1 of 1 vulnerable');
    expect(stdout).toContain('No report has been made yet');
    expect(s3.objects).toEqual(before);
    expect(new Set(s3.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  test('ends with 4 if a condition of --fail-on holds, and prints JSON', async () => {
    await using s3 = await start();
    addRun(s3, { version: VULNERABLE });
    const folder = await writeEnvironment();
    const { stdout, code } = await fleet(s3, folder, '--json', '--fail-on', 'vulnerable');
    expect(code).toBe(4);
    const { environment, counts, databases } = JSON.parse(stdout);
    expect(environment).toBe('prod');
    expect(counts).toMatchObject({ databases: 2, vulnerable: { count: 1, of: 1 } });
    expect(databases).toMatchObject([{ name: 'orders' }, { name: 'metrics', lastRun: null }]);
    expect((await fleet(s3, folder, '--fail-on', 'silent,broken')).code).toBe(0);
  });

  test('writes the page with the exact text of a report', async () => {
    await using s3 = await start();
    addRun(s3, { content: { canary: 'c4n4ry' } });
    const folder = await writeEnvironment();
    const file = join(folder, 'fleet.html');
    const { code } = await fleet(s3, folder, '--html', file);
    expect(code).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('c4n4ry');
  });

  test('reads the bucket and the folder that the environment names', async () => {
    await using s3 = await startS3({ bucket: 'company' });
    addRun(s3, { version: VULNERABLE }, 'telemetry/prod/');
    const folder = await writeEnvironment(
      "record: { bucket: 'company', prefix: 'telemetry/prod' },",
    );
    expect((await fleet(s3, folder)).stdout).toContain('1 of 1 vulnerable');
  });

  test.each<[what: string, options: Partial<S3Options>, message: RegExp]>([
    [
      'refuses the record',
      { refuse: () => 'AccessDenied' },
      /^Permission denied: S3 refused .* \(AccessDenied\)\.\nRequest s3:ListBucket/,
    ],
    [
      'has no such bucket',
      { bucket: 'other' },
      /^There is no bucket timescaledb-telemetry-prod-.*\.\nDeploy the environment/,
    ],
    [
      'rejects the credentials',
      { refuse: () => 'ExpiredToken' },
      /^AWS rejects the credentials, or there are none \(ExpiredToken\)/,
    ],
    [
      'does not answer',
      { interfere: (response) => response.destroy() !== undefined },
      /^S3 could not be reached, or did not answer \(ECONNRESET\)/,
    ],
  ])('fails with a remedy if S3 %s', async (_what, options, message) => {
    await using s3 = await start(options);
    const { stderr, code } = await fleet(s3, await writeEnvironment());
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
  });

  test('fails if the record is turned off, or the environment does not exist', async () => {
    await using s3 = await start();
    const off = await fleet(s3, await writeEnvironment('record: false,'));
    expect([off.code, off.stderr]).toEqual([
      1,
      expect.stringMatching(/^The record of prod is turned off\./),
    ]);
    const missing = await fleet(s3, await mkdtemp(join(inject('folder'), 'empty-')));
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringMatching(/^The environment prod cannot be used: .*contains no environment/),
    ]);
    expect(s3.connections()).toBe(0);
  });
});

describe.concurrent('npm run fleet -- <environment> --live', () => {
  const consent = {
    granted: true,
    level: 'basic',
    rule: 'level-set',
    where: 'database',
    sentence: 'On.',
  };
  const checked = {
    database: 'orders',
    environment: 'prod',
    ok: true,
    sentence: 'No problem found.',
    consent,
    stages: [],
    version: { ...VULNERABLE, postgresql: '17.5' },
    jobs: { scheduled: 14, failing: 3, oldestFailure: '2026-11-20T00:00:00Z' },
    standby: true,
  };

  async function live(answers: Readonly<Record<string, unknown>>, ...args: readonly string[]) {
    const invoked: unknown[] = [];
    await using lambda = await listen(async (request, response) => {
      const [, name = ''] = /functions\/([^/]+)\/invocations/.exec(request.url ?? '') ?? [];
      const database = Object.keys(answers).find(
        (one) => functionName('prod', one, 'get-report') === name,
      );
      invoked.push(database);
      const answer = answers[database ?? ''];
      if (answer === undefined) refuse(response, 404, 'ResourceNotFoundException');
      else respond(response, answer);
    });
    const folder = await writeEnvironment();
    const options = ['prod', '--live', '--environments', folder, ...args];
    const shell = shellFor({ AWS_ENDPOINT_URL_LAMBDA: lambda.url });
    return { invoked, ...(await runCommand('fleet', options, shell)) };
  }

  test('shows the result of the check of each database', async () => {
    const stage = {
      stage: 'login',
      status: 'failed',
      code: 'DATABASE_AUTHENTICATION',
      remedy: 'Correct the password.',
    };
    const metrics = {
      ...checked,
      ok: false,
      sentence: 'The stage "login" failed.',
      consent: null,
      stages: [stage],
      version: undefined,
      jobs: undefined,
      standby: undefined,
    };
    const { stdout, code, invoked } = await live({ orders: checked, metrics }, '--json');
    expect(invoked.toSorted()).toEqual(['metrics', 'orders']);
    // A check that failed is a failure of the command.
    expect(code).toBe(1);
    const { environment, databases, counts } = JSON.parse(stdout);
    expect(environment).toBeNull();
    expect(counts).not.toHaveProperty('silent');
    expect(databases).toMatchObject([
      {
        name: 'orders',
        conditions: ['vulnerable', 'jobs-failing', 'behind'],
        installed: '2.9.1',
        postgresql: '17.5',
        standby: true,
        action: expect.stringContaining('on the primary'),
        jobs: { scheduled: 14, failing: 3, oldestFailure: '2026-11-20T00:00:00Z' },
      },
      {
        name: 'metrics',
        conditions: ['failed', 'unknown'],
        action: 'Correct the password.',
        error: { code: 'DATABASE_AUTHENTICATION' },
      },
    ]);
  });

  test('has a row for a function that does not exist, and for a reply that is not known', async () => {
    const { stdout, code } = await live({ orders: { unknown: true } }, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).databases).toMatchObject([
      {
        name: 'metrics',
        error: { code: 'NOT_INVOKED', message: expect.stringContaining('There is no function') },
      },
      { name: 'orders', error: { code: 'REPLY_UNKNOWN' } },
    ]);
  });
});

test.each<[args: readonly string[], problem: RegExp]>([
  [['prod', '--demo'], /--demo has databases of its own/],
  [['prod', '--databases', 'x'], /--databases has a list of its own/],
  [['prod', '--level', 'basic'], /--level: only with --databases/],
  [['prod', '--parallel', '2'], /--parallel: only with --databases or --live/],
  [['prod', '--live', '--fail-on', 'silent'], /--fail-on silent needs the record/],
  [['--live'], /--live needs the name of an environment/],
  [['pr/od'], /<environment>: must be 1 to 63 letters/],
])('npm run fleet -- %j has wrong options', async (args, problem) => {
  const { stderr, code } = await runCommand('fleet', args, {});
  expect([code, stderr]).toEqual([2, expect.stringMatching(problem)]);
});
