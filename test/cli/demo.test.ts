import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import {
  BUILDS_FUNCTIONS,
  type Ended,
  optionsIn,
  runCommand,
} from '../support/process/commands.ts';
import { readOwn } from '../support/repo/pages.ts';
import { recordedIn } from '../support/run/recorded.ts';

/** The output that README.md shows as an example. */
const [, EXAMPLE = ''] =
  /^```\n( +timescaledb-telemetry · demo: .*?)^```$/ms.exec(readOwn('README.md')) ?? [];

/** Returns what is printed on every machine: without durations, sizes, hashes and ports, and in one line. */
function stablePart(text: string): string {
  return text
    .replaceAll(
      /(?<= · )[\d.]+ m?s|\d[\d ]*(?= k?B\b| bytes)|[0-9a-f]{64}|(?<=127\.0\.0\.1:)\d+/g,
      '#',
    )
    .replaceAll(/\s+/g, ' ');
}

let ended: Ended;
beforeAll(async () => {
  ended = await runCommand('demo', ['--latest', '2.31.4'], BUILDS_FUNCTIONS);
});

const REPORT_TEXT = /"db_uuid": "[0-9a-f-]{36}"/;

describe.concurrent('npm start', () => {
  test('ends with a summary of the sent report, the verdict and the next steps', () => {
    const { stdout, stderr, code } = ended;
    expect([stderr, code]).toEqual(['', 0]);
    const [progress = '', summary = ''] = stdout.split('\n  Summary\n');
    for (const part of [
      /✔ database +TimescaleDB 2\.23\.0-dev on PostgreSQL 17\.5: 6 hypertables, 31 chunks/,
      /✔ credentials +from the Secrets Manager on loopback/,
      /✔ consent +granted \(rule level-when-unset\): .* level basic, the demo's default; /,
      /✔ report +[\d ]+ bytes by plain SQL, sha256 [0-9a-f]{64}/,
      /✔ sent +127\.0\.0\.1:\d+ answered 200/,
      /✔ endpoint +received [\d ]+ bytes with the same sha256/,
    ]) {
      expect(progress).toMatch(part);
    }
    for (const part of [
      /✔ sent +[\d ]+ bytes, to an endpoint on this machine\.\n/,
      /✖ verdict +metrics runs TimescaleDB 2\.23\.0-dev, with 2 published vulnerabilities; the newest is 2\.31\.4\.\n/,
      / {4}npm start -- --report {5}show the text/,
      / {4}npm run serve {13}keep/,
    ]) {
      expect(summary).toMatch(part);
    }
    expect(stdout).not.toMatch(REPORT_TEXT);
    expect(stdout).not.toContain('"outcome":"sent"');
    expect(stdout).not.toContain('…');
  });

  test('prints the example of README.md', () => {
    const parts = EXAMPLE.split('…').map(stablePart);
    expect(parts.length).toBeGreaterThan(3);
    const output = stablePart(ended.stdout);
    expect(parts.filter((part) => !output.includes(part.trim()))).toEqual([]);
  });

  test('explains the four versions, and shows a vulnerability as an error', () => {
    const { stdout } = ended;
    for (const part of [
      /✖ version +metrics: the "timescaledb" extension is not up-to-date/,
      /The most up-to-date version is 2\.31\.4, the installed version is 2\.23\.0-dev\./,
      / {18}installed {23}2\.23\.0-dev\n {18}on the server's disk {12}2\.23\.0-dev\n/,
      / {18}newest {26}2\.31\.4\n {18}newest this PostgreSQL can run {2}2\.31\.4\n/,
      /✖ vulnerable +metrics: TimescaleDB 2\.23\.0-dev has a published vulnerability: GHSA-/,
    ]) {
      expect(stdout).toMatch(part);
    }
  });

  test('shows the text of the report with --report, and the log with --log', async () => {
    const { stdout } = await runCommand('demo', ['--report', '--log']);
    const [before = ''] = stdout.split('\n  Summary\n');
    expect(before).toMatch(REPORT_TEXT);
    expect(before).toContain('"outcome":"sent"');
  });

  test('with --level off sends nothing, and does not connect to the endpoint', async () => {
    const { stdout, code } = await runCommand('demo', ['--level', 'off']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/– consent +denied \(rule level-when-unset\)/);
    expect(stdout).toMatch(/– endpoint +received no connection\n/);
    expect(stdout).toMatch(/– sent +nothing\. .*--level/);
  });

  test('names --level as the origin of a level that it was given', async () => {
    const { stdout } = await runCommand('demo', ['--level', 'no_functions']);
    expect(stdout).toMatch(/✔ consent .* level no_functions, set by --level; /);
  });

  test('honours DO_NOT_TRACK of the caller', async () => {
    const { stdout, code } = await runCommand('demo', [], { DO_NOT_TRACK: '1' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/– consent +denied \(rule do-not-track\)/);
  });

  test('records the run in the folder of --record', async () => {
    const folder = join(inject('folder'), 'record-of-start', 'new');
    const { stdout, code } = await runCommand('demo', ['--record', folder, '--json']);
    expect(code).toBe(0);
    const { outcome, report } = JSON.parse(stdout);
    expect(outcome).not.toHaveProperty('warnings');
    expect(await recordedIn(folder)).toMatchObject([
      { run: { line: { outcome: 'sent', database: 'metrics', environment: 'local' }, report } },
    ]);
  });

  test('ends before the run when the folder of --record cannot be created', async () => {
    const { stderr, code } = await runCommand('demo', ['--record', '/dev/null/record']);
    expect(code).toBe(1);
    expect(stderr).toContain('The folder of --record cannot be created (ENOTDIR).');
  });

  test('with --split reads the database in a second process, and sends the report', async () => {
    const { stdout, stderr, code } = await runCommand('demo', ['--split', '--log']);
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      /✔ bundle +database-worker, of which a start loads \d+ kB/,
      /✔ function +.*database-worker ran in another/,
      /✔ worker +database-worker read the database/,
      /✔ sent +127\.0\.0\.1:\d+ answered 200/,
      /✔ endpoint +received [\d ]+ bytes with the same sha256/,
      /The log of database-worker:\n.*"operation":"read"/s,
    ]) {
      expect(stdout).toMatch(part);
    }
  });

  test('prints one JSON object and nothing else with --json', async () => {
    const { stdout } = await runCommand('demo', ['--json']);
    const result = JSON.parse(stdout);
    expect(result.outcome).toMatchObject({ outcome: 'sent', severity: 'ERROR' });
    expect(Buffer.byteLength(result.report)).toBe(result.outcome.report.bytes);
    expect(result.log).toHaveLength(2);
  });
});

test('lists all wrong options at once, with the command that lists the options', async () => {
  const { stdout, stderr, code } = await runCommand('demo', [
    ...['--level', 'loud', '--latest', 'newer than new', '--database-url', 'postgres://a:b@c/d'],
  ]);
  expect([stdout, code]).toEqual(['', 2]);
  expect(stderr.split('\n')).toEqual([
    "unknown option '--database-url'",
    '--latest must be a version: 1 to 128 letters, digits, dots or hyphens',
    '--level must be one of off, no_functions, basic',
    '(npm start -- --help lists the options.)',
    '',
  ]);
});

test('lists all options with --help', async () => {
  const { stdout, code } = await runCommand('demo', ['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: npm start -- [options]');
  expect(optionsIn(stdout)).toEqual([
    ...['--level', '--latest', '--keep', '--report', '--log', '--record', '--split', '--json'],
    '--help',
  ]);
});
