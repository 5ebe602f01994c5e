import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { listen } from '../../emulator/http-server.ts';
import type { Ended } from '../support/process/commands.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ADVISORIES = '/-/npm/v1/security/advisories/bulk';

/** Runs the audit of .ci/run against a registry on loopback that has advisories and no packages. */
async function auditWith(answer: (response: ServerResponse) => void): Promise<Ended> {
  await using registry = await listen(async (request, response) => {
    if (request.method === 'POST' && request.url === ADVISORIES) answer(response);
    else response.writeHead(404).end('{}');
  });
  const env = {
    PATH: process.env['PATH'],
    npm_config_registry: registry.url,
    // npm caches the advisories of a package.
    npm_config_cache: await mkdtemp(join(inject('folder'), 'npm-')),
    npm_config_fetch_retries: '0',
  };
  return await new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(ROOT, '.ci', 'audit.ts')],
      { cwd: ROOT, env },
      (_error, stdout, stderr) => resolve({ stdout, stderr, code: child.exitCode ?? -1 }),
    );
  });
}

function advisoryOf(severity: string) {
  return (response: ServerResponse): void => {
    response.end(
      JSON.stringify({
        pg: [
          {
            id: 1,
            url: 'https://example.com/1',
            title: 'made up',
            severity,
            vulnerable_versions: '*',
            cwe: [],
            cvss: { score: 9, vectorString: null },
          },
        ],
      }),
    );
  };
}

test.each(['high', 'critical'])(
  'fails for a known vulnerability of the severity %s',
  async (severity) => {
    const { code, stderr } = await auditWith(advisoryOf(severity));
    expect(stderr).toContain(`pg has a known vulnerability: ${severity}\n`);
    expect(code).toBe(1);
  },
);

test.each([
  ['a moderate vulnerability', advisoryOf('moderate')],
  ['no vulnerability', (response: ServerResponse) => response.end('{}')],
])('passes for %s', async (_what, answer) => {
  expect(await auditWith(answer)).toMatchObject({ code: 0, stderr: '' });
});

test('passes with a message when the registry has no such service', async () => {
  const { code, stderr } = await auditWith((response) => response.writeHead(405).end('{}'));
  expect(stderr).toMatch(/^The service for known vulnerabilities cannot be reached/);
  expect(code).toBe(0);
});
