import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { type LoopbackServer, listen } from '../../emulator/http-server.ts';
import { upperBound } from '../support/vitest/time-limits.ts';

const ROOT = join(import.meta.dirname, '..', '..');

interface Ended {
  readonly status: number;
  readonly text: string;
}

/** The only way out, which is not to be taken. */
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

/** A shell of somebody without credentials. */
function emptyShell(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: inject('folder'),
    AWS_EC2_METADATA_DISABLED: 'true',
    HTTPS_PROXY: proxy.url,
    HTTP_PROXY: proxy.url,
    NO_COLOR: '1',
    // npm's own question whether there is a newer npm.
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

test.each([
  ['dev', 'databases: 1, stacks: 1'],
  ['staging', 'databases: 2, stacks: 1'],
  ['prod', 'databases: 5, stacks: 4'],
])(
  'npm run synth -- %s needs no credentials and no network',
  async (name, summary) => {
    const { status, text } = await run('npm', [
      'run',
      'synth',
      '--',
      name,
      '--output',
      assembly(name),
    ]);
    expect(text).toContain(summary);
    expect(status).toBe(0);
    expect(existsSync(join(assembly(name), `timescaledb-telemetry-${name}-1.template.json`))).toBe(
      true,
    );
  },
  upperBound(60_000),
);

test(
  'the same through the CDK command',
  async () => {
    const args = ['cdk', 'list', '-c', 'env=prod', '--output', assembly('list')];
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
  [['prd'], 'There is no environment "prd": dev, prod, staging'],
  [[], 'Say which environment: dev, prod, staging'],
])(
  'a name that is no environment (%j) lists those that are',
  async (names, message) => {
    const { status, text } = await run('npm', ['run', 'deploy', '--', ...names]);
    expect(text).toContain(message);
    expect(status).toBe(2);
  },
  upperBound(60_000),
);

test(
  'and so does the CDK command',
  async () => {
    const { status, text } = await run('npx', ['cdk', 'synth', '-c', 'env=prd']);
    expect(text).toContain(
      'there is none of that name in infra/environments; there are dev, prod, staging',
    );
    expect(status).toBe(1);
  },
  upperBound(60_000),
);
