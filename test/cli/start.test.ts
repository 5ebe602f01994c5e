import { describe, expect, test } from 'vitest';
import { optionsIn, runCommand } from '../support/process/commands.ts';

describe('on the embedded TimescaleDB', () => {
  test('it ends with a sent report and a version warning', async () => {
    const { stdout, stderr, code } = await runCommand('start', ['--latest', '2.31.4']);
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      /✔ database +TimescaleDB 2\.23\.0-dev on PostgreSQL 17\.5: 6 hypertables, 31 chunks/,
      /✔ credentials +from the Secrets Manager on loopback/,
      /✔ consent +granted \(rule level-when-unset\)/,
      /✔ report +[\d ]+ bytes by plain SQL, sha256 [0-9a-f]{64}/,
      /✔ sent +127\.0\.0\.1:\d+ answered 200/,
      /▲ version +metrics: the "timescaledb" extension is not up-to-date/,
      /The most up-to-date version is 2\.31\.4, the installed version is 2\.23\.0-dev\./,
      /installed +2\.23\.0-dev\n +on the disk +2\.23\.0-dev\n +newest here +2\.31\.4\n +newest +2\.31\.4\n/,
      /The administrator of the server of metrics installs TimescaleDB 2\.31\.4;/,
      /✔ endpoint +got [\d ]+ bytes with the same sha256/,
      /"db_uuid": "[0-9a-f-]{36}"/,
      /"outcome":"sent"/,
    ]) {
      expect(stdout).toMatch(part);
    }
  });

  test('--level off ends skipped, with the rule, and the endpoint saw no connection', async () => {
    const { stdout, code } = await runCommand('start', ['--level', 'off']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/– consent +denied \(rule level-when-unset\)/);
    expect(stdout).toMatch(/– endpoint +saw 0 connections/);
    expect(stdout).toContain('"outcome":"skipped"');
  });

  test('DO_NOT_TRACK in the environment of the caller counts', async () => {
    const { stdout, code } = await runCommand('start', [], { DO_NOT_TRACK: '1' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/– consent +denied \(rule do-not-track\)/);
  });

  test('--json prints one JSON object and nothing else', async () => {
    const { stdout } = await runCommand('start', ['--json']);
    const result = JSON.parse(stdout);
    expect(result.outcome).toMatchObject({ outcome: 'sent', severity: 'ERROR' });
    expect(Buffer.byteLength(result.report)).toBe(result.outcome.report.bytes);
    expect(result.log).toHaveLength(2);
  });
});

test('what cannot be parsed is listed, all at once, with the way to the help', async () => {
  const { stdout, stderr, code } = await runCommand('start', [
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

test('--help says what there is', async () => {
  const { stdout, code } = await runCommand('start', ['--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: npm start -- [options]');
  expect(optionsIn(stdout)).toEqual(['--level', '--latest', '--keep', '--json', '--help']);
});
