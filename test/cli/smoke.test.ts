import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, inject, test } from 'vitest';
import { fromTable, startSecretsManager } from '../../emulator/secrets-manager.ts';
import { answerWithVersion, startTelemetryEndpoint } from '../../emulator/telemetry-endpoint.ts';
import { createConsenting } from '../support/lambda/retries.ts';
import { optionsIn, PROGRAM, runCommand } from '../support/process/commands.ts';
import { readOwn } from '../support/repo/pages.ts';
import { secretFor } from '../support/run/world.ts';
import { startAccount } from '../support/smoke/account.ts';
import { runBundle } from '../support/smoke/bundled-sender.ts';
import { simulate } from '../support/smoke/simulation.ts';
import { resolve, SETTINGS } from '../support/smoke/trial.ts';

const PRELOAD = join(import.meta.dirname, '..', 'support', 'smoke', 'preload-cdk-stub.ts');
const WITH_STUB = { NODE_OPTIONS: `--import ${PRELOAD}` };

/** Writes an environment into a folder of its own. */
async function writeEnvironment(settings: object, name = 'smoke-test'): Promise<string> {
  const folder = await mkdtemp(join(inject('folder'), 'environments-'));
  const file = `export const environment = ${JSON.stringify(settings)};\n`;
  await writeFile(join(folder, `${name}.ts`), file);
  return folder;
}

test('tries the real function in an account, removes everything, and prints a report', async () => {
  await using database = await createConsenting();
  const secret = { AWSCURRENT: { VersionId: 'v1', SecretString: secretFor(database) } };
  await using secrets = await startSecretsManager(
    fromTable({ 'trial/sensors': secret, 'trial/billing': secret }),
  );
  await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'));
  const changes = {
    delivery: { endpoint: `${endpoint.url}/v1/metrics` },
    defaults: { tls: { mode: 'disable', acknowledgePlainText: true } },
  } as const;
  await using account = await startAccount({
    environment: resolve(changes),
    run: runBundle(secrets),
  });
  const folder = await writeEnvironment({ ...SETTINGS, ...changes });
  const { stdout, stderr, code } = await runCommand(
    'smoke',
    ['smoke-test', '--yes', '--environments', folder],
    { ...account.shell, ...WITH_STUB, AWS_REGION: 'us-east-1' },
  );
  expect([code, stdout]).toEqual([0, expect.stringContaining('- All steps passed\n')]);
  expect(stdout).toMatch(/^## Trial of timescaledb-telemetry \d/);
  expect(stdout).toMatch(/^\| failure \| passed \| .* \| ENDPOINT_UNREACHABLE, retry 1 at /m);
  expect(stdout).toMatch(
    /^\| queue \| passed \| .* \| the message has the error Sandbox\.Timedout/m,
  );
  expect(stdout).not.toMatch(/sensors|billing|127\.0\.0\.1|\d{12}/);
  expect(stderr).toContain('trial of smoke-test in account 123456789012, eu-central-1\n');
  expect(stderr).toMatch(/– costs {9}about 0\.\d\d USD, as much as a day of the environment/);
  expect(stderr).toContain('output of cdk deploy\n');
  // Two reports by hand, and that of the retry.
  expect(endpoint.reports).toHaveLength(3);
  expect([account.stacks.size, account.s3.hasBucket(), account.logGroups.size]).toEqual([
    0,
    false,
    0,
  ]);
});

test('removes everything after Ctrl-C, and ends with 1', async () => {
  await using account = await startAccount({
    environment: resolve(),
    run: simulate(),
    cdkStatus: (command) => (command === 'deploy' ? undefined : 0),
  });
  const folder = await writeEnvironment(SETTINGS);
  const child = spawn(
    process.execPath,
    [PROGRAM, 'smoke', 'smoke-test', '--yes', '--environments', folder],
    {
      env: { PATH: process.env['PATH'], HOME: folder, ...account.shell, ...WITH_STUB },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const outputs = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  await expect.poll(() => account.requests).toContain('cdk deploy');
  child.kill('SIGINT');
  const [stdout, stderr] = await outputs;
  expect(child.exitCode).toBe(1);
  expect(stderr).toContain('▲ interrupted   Everything is removed now.');
  expect(stdout).toMatch(/^\| deploy \| failed \| .* \| Interrupted\. \|$/m);
  expect(stdout).toMatch(/^\| left-over \| passed \|/m);
  expect(account.stacks.size).toBe(0);
});

describe('before anything is deployed', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['without an environment', [], /^an environment is missing, or --template\n/],
    [
      'without a confirmation',
      ['smoke-test'],
      /^The deployment must be confirmed, and standard input is no terminal\.\nAdd --yes\.\n/,
    ],
    [
      'with an environment that does not exist',
      ['smoke-prod', '--yes'],
      /^The environment smoke-prod cannot be used: There is no environment "smoke-prod" in /,
    ],
  ])('ends with 2 %s', async (_what, args, message) => {
    const folder = await writeEnvironment(SETTINGS);
    const ended = await runCommand('smoke', [...args, '--environments', folder]);
    expect([ended.stdout, ended.code]).toEqual(['', 2]);
    expect(ended.stderr).toMatch(message);
  });

  test('ends with 2 for an environment in use, and names every problem', async () => {
    const folder = await writeEnvironment({ ...SETTINGS, delivery: {} }, 'prod');
    const ended = await runCommand('smoke', ['prod', '--yes', '--environments', folder]);
    expect([ended.stdout, ended.code]).toEqual(['', 2]);
    expect(ended.stderr).toMatch(
      /^This environment cannot be tried: the environment is named prod: .*; database sensors reports to TimescaleDB's endpoint/,
    );
  });

  test('prints an environment to fill in with --template', async () => {
    const { stdout, code } = await runCommand('smoke', ['--template']);
    expect([code, stdout]).toEqual([0, readOwn('examples/smoke.ts')]);
  });

  test('lists its options with --help', async () => {
    const { stdout, code } = await runCommand('smoke', ['--help']);
    expect(code).toBe(0);
    expect(optionsIn(stdout)).toEqual([
      '--template',
      '--environments',
      '--yes',
      '--real-endpoint',
      '--names',
      '--help',
    ]);
  });
});
