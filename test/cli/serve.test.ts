import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { listenOnFreePort } from '../../emulator/http-server.ts';
import { optionsIn, PROGRAM, runCommand } from '../support/process/commands.ts';

/** Starts `npm run serve`, and waits for the last line of its output. */
async function startServe(args: readonly string[], lastLine: RegExp) {
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...args], {
    env: { PATH: process.env['PATH'], HOME: inject('folder') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let text = '';
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(part);
    if (lastLine.test(text)) break;
  }
  return {
    text,
    async interrupt(): Promise<unknown> {
      child.kill('SIGINT');
      const [exitCode] = await exited;
      return exitCode;
    },
  };
}

let server: Awaited<ReturnType<typeof startServe>>;
beforeAll(async () => {
  server = await startServe(['--json'], /\n/);
});
afterAll(() => server.interrupt());

test('serves a database for report, check and configure, and stops at Ctrl-C', async () => {
  const { url }: { url: string } = JSON.parse(server.text);
  const connection = ['--database-url', url];
  const shown = await runCommand('report', ['--level', 'basic', '--json', ...connection]);
  expect([shown.stderr, shown.code]).toEqual(['', 0]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ timescaledb_version: '2.23.0-dev' });

  const checked = await runCommand('report', ['--level', 'basic', '--check', ...connection]);
  expect([checked.stderr, checked.code]).toEqual(['', 0]);
  expect(checked.stdout).toMatch(/✔ level +Telemetry is on: .* set by --level; /);

  const args = ['disable', '--scope', 'database', '--apply', ...connection];
  const changed = await runCommand('configure', args);
  expect([changed.stderr, changed.code]).toEqual(['', 0]);
  expect(changed.stdout).toMatch(/– after +denied \(rule level-off\)/);
  expect((await runCommand('report', ['--level', 'basic', ...connection])).code).toBe(3);

  expect(await server.interrupt()).toBe(0);
});

test('prints a line for psql, and accepts any user as postgres', async () => {
  const printing = await startServe([], /Ctrl-C stops it/);
  const [, url = ''] =
    /PGPASSWORD=x psql '(postgres:\S+\?sslmode=disable)'/.exec(printing.text) ?? [];
  const client = new pg.Client({ connectionString: url.replace('//postgres@', '//other:x@') });
  await client.connect();
  const { rows } = await client.query('select current_user, session_user');
  expect(rows).toEqual([{ current_user: 'postgres', session_user: 'postgres' }]);
  await client.end();
  expect(await printing.interrupt()).toBe(0);
});

test('reports a port that is in use', async () => {
  const other = createServer();
  const port = await listenOnFreePort(other);
  const { stderr, code } = await runCommand('serve', ['--port', String(port)]);
  other.close();
  expect([stderr.split('\n')[0], code]).toEqual([
    `Port ${port} on loopback cannot be used (EADDRINUSE).`,
    1,
  ]);
});

test.each(['0', '65536', '1e3', '-1', 'any'])('rejects the port %s', async (port) => {
  const { stdout, stderr, code } = await runCommand('serve', [`--port=${port}`]);
  expect([stdout, stderr.split('\n')[0], code]).toEqual([
    '',
    '--port must be a whole number from 1 to 65535',
    2,
  ]);
});

test('lists all options with --help', async () => {
  const { stdout, code } = await runCommand('serve', ['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: npm run serve -- [options]');
  expect(optionsIn(stdout)).toEqual(['--port', '--json', '--help']);
});
