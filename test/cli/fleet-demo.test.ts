import { chmod, mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { DEMO_DATABASES } from '../../emulator/fleet-demo/plan.ts';
import { runCommand } from '../support/process/commands.ts';

const NAMES = DEMO_DATABASES.map(({ name }) => name);

let folder: string;
/** A folder with openers that record their arguments. */
let openers: string;
beforeAll(async () => {
  folder = await mkdtemp(join(inject('folder'), 'fleet-demo-'));
  openers = join(folder, 'bin');
  await mkdir(openers);
  for (const name of ['xdg-open', 'open']) {
    const opener = join(openers, name);
    await writeFile(
      opener,
      '#!/bin/sh\nprintf "%s|" "$#" "$@" > "$OPENED"\nexit "$OPENER_STATUS"\n',
    );
    await chmod(opener, 0o755);
  }
});

/** Runs the command with the recording opener, on a machine with a display. */
function fleet(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return runCommand('fleet', args, {
    PATH: `${openers}${delimiter}${process.env['PATH']}`,
    DISPLAY: ':0',
    TMPDIR: folder,
    OPENED: join(folder, 'opened'),
    OPENER_STATUS: '0',
    ...environment,
  });
}

test('shows the simulated databases, and names the page that it has written', async () => {
  const { stdout, stderr, code } = await fleet(['--demo']);
  expect([stderr, code]).toEqual(['', 0]);
  expect(stdout).toContain('timescaledb-telemetry · demo: 40 simulated databases over 90 days\n');
  expect(stdout).toMatch(/^ {2}40 databases, as of \d{4}-\d\d-\d\dT23:30/m);
  expect(stdout).toMatch(/ counts .* · \d+ of 40 silent · /);
  const rows = [...stdout.matchAll(/^ {2}[✖▲–✔] (\S+) +[a-z]/gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(NAMES));
  const [, path = ''] = /^ {2}– page +(\S+)$/m.exec(stdout) ?? [];
  expect(dirname(dirname(path))).toBe(folder);
  expect((await stat(dirname(path))).mode & 0o077).toBe(0);
  const page = await readFile(path, 'utf8');
  expect(NAMES.filter((name) => !page.includes(name))).toEqual([]);
  // The texts of the reports are at hand.
  expect(page).toContain('db_uuid');
});

test('ends with status 4 for a condition of --fail-on', async () => {
  const page = join(folder, 'fail-on.html');
  const { stdout, stderr, code } = await fleet([
    ...['--demo', '--fail-on', 'vulnerable', '--json', '--html', page],
  ]);
  expect([stderr, code]).toEqual(['', 4]);
  const { environment, databases, counts } = JSON.parse(stdout);
  expect([environment, databases.length]).toEqual(['demo', 40]);
  expect(counts.vulnerable.count).toBeGreaterThan(0);
  expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>/i);
});

describe('a list', () => {
  /** Its database cannot be checked, so that the exit status is 1. */
  let list: string;
  beforeAll(async () => {
    list = join(folder, 'list');
    await writeFile(list, 'not-a-url\n');
  });

  test('has a page, too', async () => {
    const page = join(folder, 'listed.html');
    const { stdout, stderr, code } = await fleet(['--databases', list, '--html', page]);
    expect([stderr, code]).toEqual(['', 1]);
    expect(stdout).toContain(`– page          ${page}\n`);
    expect(await readFile(page, 'utf8')).toContain('line 1');
    await expect(stat(join(folder, 'opened'))).rejects.toThrow('ENOENT');
  });

  test('is shown when its page cannot be written', async () => {
    const page = join(folder, 'none', 'fleet.html');
    const { stdout, stderr, code } = await fleet(['--databases', list, '--html', page, '--open']);
    expect(code).toBe(1);
    expect(stdout).toContain('1 database, as of');
    expect(stdout).not.toContain('– page');
    expect(stderr).toMatch(
      /^The file .*fleet\.html cannot be written: ENOENT\.\n.* with --html\.\n$/,
    );
    await expect(stat(join(folder, 'opened'))).rejects.toThrow('ENOENT');
  });

  test('has its page opened by a program that gets the path as one argument', async () => {
    const OPENED = join(folder, 'opened-page');
    const page = join(folder, 'a page; $(touch x).html');
    const { stderr } = await fleet(['--databases', list, '--open', '--html', page], { OPENED });
    expect(stderr).toBe('');
    expect(await readFile(OPENED, 'utf8')).toBe(`1|${page}|`);
    expect(await readdir(folder)).toContain('a page; $(touch x).html');
  });

  test('has a temporary page with --open alone', async () => {
    const OPENED = join(folder, 'opened-temporary');
    const { stdout } = await fleet(['--databases', list, '--open', '--csv'], { OPENED });
    expect(stdout).toMatch(/^name,/);
    const [, path = ''] = (await readFile(OPENED, 'utf8')).split('|');
    expect(dirname(dirname(path))).toBe(folder);
    expect(await readFile(path, 'utf8')).toContain('line 1');
  });

  test.runIf(process.platform === 'linux').each([
    ['this machine has no display', { DISPLAY: '' }],
    ['xdg-open ended with status 3', { OPENER_STATUS: '3' }],
    ['xdg-open cannot be started (ENOENT)', { PATH: '/nonexistent' }],
  ])('has its page named when %s', async (reason, environment) => {
    const page = join(folder, 'unopened.html');
    const { stdout, stderr } = await fleet(
      ['--databases', list, '--open', '--html', page, '--csv'],
      environment,
    );
    expect(stderr).toBe(`The page was not opened, because ${reason}: ${page}\n`);
    expect(stdout).toMatch(/^name,/);
  });
});

test('--demo refuses options that have no effect on a simulation', async () => {
  const { stdout, stderr, code } = await fleet(['--demo', '--databases', 'list.csv']);
  expect([stdout, code]).toEqual(['', 2]);
  expect(stderr).toMatch(/^option '--demo' cannot be used with option '--databases <file>'\n/);
});
