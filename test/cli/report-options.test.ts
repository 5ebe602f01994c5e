import { describe, expect, test } from 'vitest';
import { type Ended, optionsIn, runCommand } from '../support/process/commands.ts';

function report(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return runCommand('report', args, environment);
}

describe.concurrent('the options of npm run report', () => {
  test('lists all problems at once, without any secret', async () => {
    const { stdout, stderr, code } = await report(
      [
        ...['--database-url', 'postgres://a:very-secret@127.0.0.1/d?options=x'],
        ...['--level', 'loud', '--report-source', 'function', '--sizes', 'estimated'],
        ...['--endpoint', 'http://example.com/', '--ignore-schedule', '--loud'],
      ],
      { PGSSLMODE: 'perhaps', PGSERVICE: 'mine' },
    );
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr.split('\n')).toEqual([
      "unknown option '--loud' (Did you mean --log?)",
      '--database-url: the parameter options is not supported; set PGOPTIONS instead',
      'PGSERVICE is set, but service files are not supported: unset it, and use --database-url or the other PG* variables',
      'PGSSLMODE must be one of disable, allow, prefer, require, verify-ca, verify-full',
      '--sizes estimated opens no user relation, but --report-source function opens all of them',
      '--level must be one of off, no_functions, basic',
      '--endpoint needs --send',
      '--ignore-schedule needs --send',
      '--endpoint must be an https:// URL without credentials or fragment (http:// on loopback only)',
      '(npm run report -- --help lists the options.)',
      '',
    ]);
    expect(stderr).not.toContain('very-secret');
  });

  test('rejects --send without an endpoint, and with --always', async () => {
    const { stderr, code } = await report(['--send', '--always']);
    expect(code).toBe(2);
    expect(stderr).toContain('--send needs --endpoint <url>\n');
    expect(stderr).toContain("option '--always' cannot be used with option '--send'");
  });

  test('lists all options with --help', async () => {
    const { stdout, stderr, code } = await report(['--help']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain('Usage: npm run report -- [options]');
    expect(optionsIn(stdout)).toEqual([
      ...['--database-url', '--tls-server-name', '--tls-ca-file'],
      ...['--json', '--check', '--always', '--level', '--report-source', '--sizes'],
      ...['--show-sql', '--latest-version', '--help'],
      ...['--send', '--endpoint', '--ignore-schedule', '--record', '--log'],
    ]);
  });
});
