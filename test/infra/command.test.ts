import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { type LoopbackServer, listen } from '../../emulator/http-server.ts';
import { FIXTURES_FOLDER } from '../support/aws/fixtures.ts';
import { PROGRAM } from '../support/process/commands.ts';
import { upperBound } from '../support/vitest/time-limits.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface Ended {
  readonly status: number;
  readonly text: string;
}

/** The only proxy that the commands can use; no command may connect to it. */
let proxy: LoopbackServer;

beforeAll(async () => {
  proxy = await listen((_request, response) => {
    response.writeHead(502).end();
  });
});

afterEach(() => {
  expect(proxy.connections()).toBe(0);
});

afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
});

/** Returns the variables of a shell without credentials. */
function emptyShell(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: inject('folder'),
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
    NO_COLOR: '1',
    // npm would look for a newer version of itself in the registry.
    npm_config_update_notifier: 'false',
  };
}

async function run(command: string, args: readonly string[]): Promise<Ended> {
  const child = spawn(command, args, { cwd: ROOT, env: emptyShell() });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const [status] = await once(child, 'close');
  return { status, text };
}

function assembly(name: string): string {
  return join(inject('folder'), `cdk-${name}`);
}

const FIXTURES = ['--environments', FIXTURES_FOLDER];

test.each([
  ['dev', 'databases   1', 'stacks      2 (1 shared, 1 for databases)'],
  ['staging', 'databases   2', 'stacks      2 (1 shared, 1 for databases)'],
  ['prod', 'databases   5', 'stacks      5 (1 shared, 4 for databases)'],
])(
  'npm run synth -- %s needs neither credentials nor network, shows its steps, and ends with a summary',
  async (name, databases, stacks) => {
    const output = ['--output', assembly(name)];
    const { status, text } = await run('npm', ['run', 'synth', '--', name, ...FIXTURES, ...output]);
    expect(status).toBe(0);
    expect(text).toMatch(/✔ environment .*✔ functions .*✔ stacks /s);
    const [, summary = ''] = text.split(`environment ${name}, in account`);
    for (const line of [databases, stacks, 'functions  ', 'alarms  ', 'USD per month']) {
      expect(summary).toContain(line);
    }
    expect(existsSync(join(assembly(name), `timescaledb-telemetry-${name}-1.template.json`))).toBe(
      true,
    );
  },
  upperBound(60_000),
);

test(
  'npx cdk list shows the same stacks',
  async () => {
    const context = ['-c', 'env=prod', '-c', `environments=${FIXTURES_FOLDER}`];
    const args = ['cdk', 'list', ...context, '--output', assembly('list')];
    const { status, text } = await run('npx', args);
    expect(status).toBe(0);
    expect(text.match(/^timescaledb-telemetry-prod.*$/gm)).toEqual([
      'timescaledb-telemetry-prod',
      'timescaledb-telemetry-prod-1',
      'timescaledb-telemetry-prod-2',
      'timescaledb-telemetry-prod-3',
      'timescaledb-telemetry-prod-4',
    ]);
  },
  upperBound(60_000),
);

test.each([
  [
    ['prd'],
    /There is no environment "prd" in test\/fixtures\/environments\.\nUse one of dev, prod, /,
  ],
  [
    [],
    /No environment is named\.\nUse one of dev, prod, staging, or another folder with --environments/,
  ],
])(
  'npm run deploy without a valid environment (%j) lists the environments that exist',
  async (names, message) => {
    const { status, text } = await run('npm', ['run', 'deploy', '--', ...names, ...FIXTURES]);
    expect(text).toMatch(message);
    expect(status).toBe(2);
  },
  upperBound(60_000),
);

test(
  'npm run deploy lists the problems of an environment, and does not start the CDK command',
  async () => {
    const folder = mkdtempSync(join(inject('folder'), 'invalid-'));
    writeFileSync(join(folder, 'prod.ts'), 'export const environment = { databases: [] };');
    const args = ['run', 'deploy', '--', 'prod', '--environments', folder];
    const { status, text } = await run('npm', args);
    expect(text).toMatch(/The environment prod has 2 problems.*account: .*region: /s);
    expect(text).not.toContain('Subprocess exited');
    expect(status).toBe(1);
  },
  upperBound(60_000),
);

test(
  'npm run diff without credentials ends with the remedy',
  async () => {
    const { status, text } = await run('npm', ['run', 'diff', '--', 'dev', ...FIXTURES]);
    expect(text).toMatch(/\nNo AWS credentials were found\.\nLog in first \(aws sso login, /);
    expect(status).toBe(1);
  },
  upperBound(60_000),
);

test.each(['bootstrap', 'synth', 'diff', 'deploy', 'destroy'])(
  'npm run %s -- --help describes the command',
  async (name) => {
    const { status, text } = await run(process.execPath, [PROGRAM, name, '--help']);
    expect(text).toMatch(
      /^Usage: npm run \w+ -- \[options\] \[environment\] \[cdk\.\.\.\]\n\n[A-Z]/,
    );
    expect(text).toContain('--environments <dir>');
    expect(status).toBe(0);
  },
);

test(
  'npx cdk synth lists the environments that exist, too',
  async () => {
    const context = ['-c', 'env=prd', '-c', `environments=${FIXTURES_FOLDER}`];
    const { status, text } = await run('npx', ['cdk', 'synth', ...context]);
    expect(text).toContain(
      'There is no environment "prd" in test/fixtures/environments. Use one of dev, prod, staging',
    );
    expect(status).toBe(1);
  },
  upperBound(60_000),
);
