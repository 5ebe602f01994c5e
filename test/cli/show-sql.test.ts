import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type Ended, runCommand, urlOf } from '../support/process/commands.ts';

let granted: TestDatabase;
let denied: TestDatabase;
beforeAll(async () => {
  granted = await createDatabase({ release: '2.28.3', level: 'basic', label: 'granted' });
  denied = await createDatabase({ release: '2.28.3', level: 'off', label: 'denied' });
});
afterAll(async () => {
  await granted[Symbol.asyncDispose]();
  await denied[Symbol.asyncDispose]();
});

function report(database: TestDatabase, ...args: readonly string[]): Promise<Ended> {
  return runCommand('report', ['--database-url', urlOf(database), '--show-sql', ...args], {});
}

/** The purposes of the statements, in order. */
function purposesIn(sql: string): readonly string[] {
  return [...sql.matchAll(/^\/\* timescaledb-telemetry\/[\d.]+: (.*) \*\/$/gm)].map(
    ([, purpose = '']) => purpose,
  );
}

const SETTINGS = 'settings of a read-only transaction';
const HEAD_AND_FACTS = [SETTINGS, 'server, read only', SETTINGS, 'facts, read only'];

test('prints the statements in order to stderr, and the report to stdout', async () => {
  const { stdout, stderr, code } = await report(granted, '--json');
  expect(code).toBe(0);
  expect(purposesIn(stderr)).toStrictEqual([...HEAD_AND_FACTS, SETTINGS, 'report, read only']);
  expect(stderr).toMatch(/\ncommit;\n\n$/);

  const client = new pg.Client(urlOf(granted));
  await client.connect();
  try {
    const results: unknown = await client.query(stderr);
    const rows = Array.isArray(results) ? results.map((result) => result.rows[0]) : [];
    expect(rows.find((row) => row?.report !== undefined)?.report).toBe(stdout);
  } finally {
    await client.end();
  }
});

test('prints no statement of a report without consent, unless --always asks for it', async () => {
  const skipped = await report(denied);
  expect(purposesIn(skipped.stderr)).toStrictEqual(HEAD_AND_FACTS);
  const shown = await report(denied, '--always');
  expect(purposesIn(shown.stderr)).toContain('report, read only');
});

test('is rejected with --send', async () => {
  const { stderr, code } = await report(granted, '--send', '--endpoint', 'http://127.0.0.1:1/');
  expect([purposesIn(stderr), code]).toStrictEqual([[], 2]);
  expect(stderr).toContain('--show-sql');
});
