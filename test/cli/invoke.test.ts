import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { functionName } from '../../lib/naming.ts';
import {
  type Deployment,
  deploy,
  ENVIRONMENT,
  refuse,
  respond,
  TARGET_NAME,
} from '../support/aws/deployment.ts';
import { FIXTURES_FOLDER, NO_ENVIRONMENTS } from '../support/aws/fixtures.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type Ended, optionsIn, runCommand } from '../support/process/commands.ts';
import { secretFor } from '../support/run/world.ts';

const LEVEL = 'timescaledb.telemetry_level';
const DENIED = 'Telemetry is off: level off, set for this database.';

/** One that consents, and one that does not. */
let granted: TestDatabase;
let denied: TestDatabase;
beforeAll(async () => {
  granted = await createDatabase({ release: '2.28.3', level: 'basic' });
  denied = await createDatabase({ release: '2.28.3', level: 'off' });
});
afterAll(async () => {
  await granted[Symbol.asyncDispose]();
  await denied[Symbol.asyncDispose]();
});

function invoke({ shell }: Pick<Deployment, 'shell'>, ...args: readonly string[]): Promise<Ended> {
  const folder = ['--environments', NO_ENVIRONMENTS];
  return runCommand('invoke', [ENVIRONMENT, TARGET_NAME, ...args, ...folder], shell);
}

function nameOf(purpose: Parameters<typeof functionName>[2]): string {
  return functionName(ENVIRONMENT, TARGET_NAME, purpose);
}

describe.concurrent('report', () => {
  test('is the default, and looks like npm run report', async () => {
    await using deployment = await deploy(granted);
    const { stdout, stderr, code } = await invoke(deployment);
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      `report of ${TARGET_NAME} in ${ENVIRONMENT}\n`,
      `✔ function      ${nameOf('get-report')}`,
      /✔ database {6}TimescaleDB 2\.28\.3 on PostgreSQL 18\.\d+\n/,
      '✔ consent       granted (rule level-set): Telemetry is on: level basic, set for this database.\n',
      /– levels seen {3}basic for this database/,
      /– next due {6}\d{4}-\d\d-\d\dT/,
      /✔ report {8}[\d ]+ bytes by plain SQL, sha256 [0-9a-f]{64}\n/,
      '    "timescaledb_version": "2.28.3",\n',
    ]) {
      expect(stdout).toMatch(part);
    }
    expect(deployment.invoked).toEqual([
      { name: nameOf('get-report'), event: { alwaysDisplayReport: false } },
    ]);
    expect(deployment.world.endpoint.connections()).toBe(0);
  });

  test('without consent exits with 3, and prints the bare bytes with --always --json', async () => {
    await using deployment = await deploy(denied);
    const reporter = await invoke(deployment, 'report');
    expect([reporter.stderr, reporter.code]).toEqual(['', 3]);
    expect(reporter.stdout).toContain(`– consent       denied (rule level-off): ${DENIED}\n`);
    expect(reporter.stdout).not.toContain('db_uuid');

    const nothing = await invoke(deployment, 'report', '--json');
    expect([nothing.stdout, nothing.code]).toEqual(['', 3]);
    expect(nothing.stderr).toMatch(/^Telemetry is off: level off, set for this database\.\n/);

    const bytes = await invoke(deployment, '--always', '--json');
    expect([bytes.stderr, bytes.code]).toEqual(['', 0]);
    expect(JSON.parse(bytes.stdout)).toMatchObject({ timescaledb_version: '2.28.3' });
    expect(bytes.stdout).not.toContain('\n');
    expect(deployment.invoked[2]?.event).toEqual({ alwaysDisplayReport: true });
  });
});

describe.concurrent('send', () => {
  test('shows receipt and verdict, exits with 0, and sends the bytes of report', async () => {
    await using deployment = await deploy(granted);
    const bytes = await invoke(deployment, 'report', '--json');
    const { stdout, stderr, code } = await invoke(deployment, 'send', '--ignore-schedule');
    expect([stderr, code]).toEqual(['', 0]);
    const sha256 = createHash('sha256').update(bytes.stdout).digest('hex');
    expect(stdout).toContain('✔ credentials   from Secrets Manager');
    expect(stdout).toContain(`bytes by plain SQL, sha256 ${sha256}`);
    expect(stdout).toMatch(/✔ sent {10}127\.0\.0\.1:\d+ answered 200/);
    expect(stdout).toContain(`✖ version       ${TARGET_NAME}: the "timescaledb" extension is not`);
    expect(deployment.invoked[1]).toEqual({
      name: nameOf('send-report'),
      event: { ignoreSchedule: true },
    });
    const { reports } = deployment.world.endpoint;
    expect(reports.map(({ body }) => body.toString('utf8'))).toEqual([bytes.stdout]);
  });

  test('without consent exits with 3, and sends nothing', async () => {
    await using deployment = await deploy(denied);
    const { stdout, stderr, code } = await invoke(deployment, 'send', '--json');
    expect([stderr, code]).toEqual(['', 3]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'skipped', database: TARGET_NAME });
    expect(deployment.invoked[0]?.event).toEqual({ ignoreSchedule: false });
    expect(deployment.world.endpoint.connections()).toBe(0);
  });

  test('shows the error of a failed run, and exits with 1', async () => {
    await using deployment = await deploy(granted, {
      secret: secretFor({ ...granted, password: 'wrong-password' }),
    });
    const { stdout, stderr, code } = await invoke(deployment, 'send');
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(
        /^telemetry-prod-\S+-send-report failed: RunError: .*rejected the login/,
      ),
      'Read the last line of its log: it has the code of the error and the remedy.',
      '',
    ]);
    expect(stdout + stderr).not.toContain('wrong-password');
  });

  test('exits with 1 after a failed run that will be retried', async () => {
    const outcome = {
      outcome: 'failed',
      message: 'The telemetry endpoint did not answer.',
      durationMs: { total: 1 },
      error: { code: 'ENDPOINT_TIMEOUT', retryable: true },
      remedy: 'Wait.',
      retry: { attempt: 2, at: '2026-01-01T00:00:00.000Z' },
    };
    await using deployment = await deploy(granted, {
      answer: async (_invoked, response) => respond(response, outcome),
    });
    const { stdout, code } = await invoke(deployment, 'send');
    expect(code).toBe(1);
    expect(stdout).toContain('✖ failed        ENDPOINT_TIMEOUT: The telemetry endpoint did not');
    expect(stdout).toContain('– retry         attempt 2 at 2026-01-01T00:00:00.000Z\n');
  });
});

describe.concurrent('configure', () => {
  test('changes nothing without --apply, and runs the statements with it', async () => {
    await using database = await createDatabase({ release: '2.28.3', level: 'basic' });
    await using deployment = await deploy(database);
    const levelOf = async () => {
      const { rows } = await database.admin.query<{ setconfig: string[] }>(
        `select setconfig from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase where datname = $1`,
        [database.name],
      );
      return rows.flatMap(({ setconfig }) => setconfig);
    };
    const statement = `1. ALTER DATABASE ${database.name} SET ${LEVEL} = 'off'\n`;

    const planned = await invoke(deployment, 'configure', 'disable', '--scope', 'database');
    expect([planned.stderr, planned.code]).toEqual(['', 0]);
    expect(planned.stdout).toContain(
      '– after         nothing was changed; --apply runs the statements\n',
    );
    expect(planned.stdout).toContain(statement);
    expect(await levelOf()).toEqual([`${LEVEL}=basic`]);

    const args = ['configure', 'disable', '--scope', 'database', '--apply'];
    const applied = await invoke(deployment, ...args);
    expect([applied.stderr, applied.code]).toEqual(['', 0]);
    expect(applied.stdout).toContain(`– after         denied (rule level-off): ${DENIED}\n`);
    expect(applied.stdout).toContain(statement);
    expect(await levelOf()).toEqual([`${LEVEL}=off`]);

    expect(deployment.invoked).toEqual(
      [true, false].map((dryRun) => ({
        name: nameOf('configure'),
        event: { action: 'disable', scope: 'database', dryRun },
      })),
    );
  });
});

describe.concurrent('errors', () => {
  test('names the function of a database that is not deployed', async () => {
    await using deployment = await deploy(granted);
    const { stderr, code } = await runCommand(
      'invoke',
      ['prod', 'another', '--environments', NO_ENVIRONMENTS],
      deployment.shell,
    );
    expect(code).toBe(1);
    expect(stderr).toContain(
      `There is no function ${functionName('prod', 'another', 'get-report')} in this account and region: get-report of database another in environment prod.\n`,
    );
    expect(stderr).toContain('AWS_REGION');
  });

  test.each<[string, number, RegExp]>([
    [
      'AccessDeniedException',
      403,
      /^Permission denied: lambda:InvokeFunction on telemetry-.*\nRequest this permission/,
    ],
    ['ExpiredTokenException', 403, /^AWS rejects the credentials \(ExpiredTokenException\)\.\n/],
    [
      'TooManyRequestsException',
      429,
      /^Lambda throttled this invocation\. The function did not run\.\n/,
    ],
    ['ServiceException', 500, /\(ServiceException\)\. The function may have run\.\n/],
  ])('invokes the function once when Lambda answers %s', async (type, status, expected) => {
    await using deployment = await deploy(granted, {
      answer: async (_invoked, response) => refuse(response, status, type),
    });
    const { stderr, code } = await invoke(deployment, 'send');
    expect(code).toBe(1);
    expect(stderr).toMatch(expected);
    expect(deployment.invoked).toHaveLength(1);
    expect(stderr).not.toContain('test-secret-key');
  });

  const ANOTHER_VERSION = [
    ['report', { outcome: 'shown' }, /reply installedVersion: is required; .*; \d+ more\.\n/],
    [
      'report',
      { consent: { granted: true }, report: '{}', sha256: 'x', nextDue: null, notes: [] },
      /reply consent\.rule: is required/,
    ],
    ['report', null, /reply: must be an object/],
    ['check', { ok: true }, /reply sentence: is required; reply consent: .*; reply stages: is req/],
    [
      'send',
      { outcome: 'postponed', message: '', durationMs: {} },
      /reply outcome: must be one of/,
    ],
    ['configure', { statements: 'ALTER', notes: [] }, /reply statements: must be an array/],
  ] as const;
  const argsOf = (what: string) =>
    what === 'configure' ? [what, 'disable', '--scope', 'database'] : [what];
  const answering = (reply: unknown) => ({
    answer: async (_invoked: unknown, response: ServerResponse) => respond(response, reply),
  });

  test.each(ANOTHER_VERSION)(
    'reports an unknown reply to %s (%j)',
    async (what, reply, problem) => {
      await using deployment = await deploy(granted, answering(reply));
      const { stderr, code } = await invoke(deployment, ...argsOf(what));
      expect(code).toBe(1);
      const [first, remedy, ...rest] = stderr.split('\n');
      expect(`${first}\n`).toMatch(problem);
      expect(first).toMatch(
        /^telemetry-\S+ ran, but timescaledb-telemetry\/\S+ does not know its reply: /,
      );
      expect(remedy).toMatch(/^Deploy the environment again, or use the version that deployed it/);
      expect(rest).toEqual(['']);
    },
  );

  test.each(ANOTHER_VERSION.filter(([, reply]) => reply !== null && !('report' in reply)))(
    'prints an unknown reply to %s (%j) unchanged with --json',
    async (what, reply) => {
      await using deployment = await deploy(granted, answering(reply));
      const { stdout } = await invoke(deployment, ...argsOf(what), '--json');
      expect(JSON.parse(stdout)).toEqual(reply);
    },
  );

  test('ignores the unknown parts of a reply with --json', async () => {
    const outcome = { outcome: 'skipped', novelty: [1] };
    await using sending = await deploy(granted, answering(outcome));
    const sent = await invoke(sending, 'send', '--json');
    expect([JSON.parse(sent.stdout), sent.stderr, sent.code]).toEqual([outcome, '', 3]);

    const preview = { report: '{"a":1}', consent: { sentence: 'On.' } };
    await using showing = await deploy(granted, answering(preview));
    const shown = await invoke(showing, 'report', '--json');
    expect([shown.stdout, shown.stderr, shown.code]).toEqual(['{"a":1}', '', 0]);
  });

  test.each([
    [{ errorType: 7, errorMessage: null }, 'Error: no message'],
    [null, 'Error: no message'],
  ])('an error of the function that is %j ends with 1', async (payload, message) => {
    await using deployment = await deploy(granted, {
      answer: async (_invoked, response) => respond(response, payload, true),
    });
    const { stderr, code } = await invoke(deployment, 'send');
    expect([stderr.split('\n')[0], code]).toEqual([
      `${nameOf('send-report')} failed: ${message}`,
      1,
    ]);
  });

  test('does not repeat an invocation after a broken connection', async () => {
    await using deployment = await deploy(granted, {
      answer: async (_invoked, response) => {
        response.destroy();
      },
    });
    const { stderr, code } = await invoke(deployment, 'send');
    expect(code).toBe(1);
    expect(stderr).toContain('The function may have run.\n');
    expect(deployment.invoked).toHaveLength(1);
  });

  test.each([
    [
      ['prd', TARGET_NAME],
      'There is no environment "prd" in test/fixtures/environments.\nUse one of dev, prod, staging, or another folder with --environments <dir>.\n',
    ],
    [
      [ENVIRONMENT, 'metrix'],
      'The environment prod has no database "metrix".\nUse one of metrics, metrics-archive, orders, warehouse, vendor.\n',
    ],
  ])('rejects the target %j without credentials, before AWS is called', async (names, message) => {
    const args = [...names, '--environments', FIXTURES_FOLDER];
    const { stderr, code } = await runCommand('invoke', args);
    expect([stderr, code]).toEqual([message, 1]);
  });

  test('reports a missing region and missing credentials', async () => {
    await using deployment = await deploy(granted);
    const { AWS_REGION, AWS_ACCESS_KEY_ID: _, ...rest } = deployment.shell;
    const withoutRegion = await runCommand(
      'invoke',
      ['elsewhere', TARGET_NAME, '--environments', NO_ENVIRONMENTS],
      rest,
    );
    expect([withoutRegion.code, withoutRegion.stderr]).toEqual([
      1,
      expect.stringMatching(/^No AWS region is set\.\n.*AWS_REGION/),
    ]);
    const shells = [{ ...rest, AWS_REGION: AWS_REGION ?? '' }, rest];
    // Without a region in the shell, that of the environment's file counts.
    const folder = mkdtempSync(join(inject('folder'), 'environments-'));
    const settings = { region: AWS_REGION, databases: [{ name: TARGET_NAME }] };
    const text = `export const environment = ${JSON.stringify(settings)};`;
    writeFileSync(join(folder, `${ENVIRONMENT}.ts`), text);
    const target = [ENVIRONMENT, TARGET_NAME, '--environments', folder];
    for (const shell of shells) {
      const withoutKeys = await runCommand('invoke', target, shell);
      expect([withoutKeys.code, withoutKeys.stderr]).toEqual([
        1,
        expect.stringMatching(/^No AWS credentials were found\.\n/),
      ]);
    }
    expect(deployment.invoked).toEqual([]);
  });
});

describe.concurrent('the options', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      'no target',
      [],
      ["missing required argument 'environment'", "missing required argument 'database'"],
    ],
    ['half a target', ['prod'], ["missing required argument 'database'"]],
    [
      'invalid names, and an unknown function',
      ['my prod', 'metrics/1', 'restart'],
      [
        '<environment>: must be 1 to 63 letters, digits, dots, hyphens or underscores, the first a letter or digit',
        '<database>: must be 1 to 63 letters, digits, dots, hyphens or underscores, the first a letter or digit',
        '[function] must be one of report, check, send, configure',
      ],
    ],
    [
      'options of another function',
      ['prod', 'metrics', 'send', '--always', '--scope', 'database', '--apply'],
      ['--always: only with report', '--scope, --apply: only with configure'],
    ],
    [
      'an action of report',
      ['prod', 'metrics', 'report', 'enable'],
      ['an action is only for configure, not for report'],
    ],
    [
      'a contradiction',
      [
        'prod',
        'metrics',
        'configure',
        'disable',
        '--scope',
        'database',
        '--level',
        'basic',
        '--job',
        'add',
      ],
      ['--level: is basic, but disable sets off', '--job: is add, which contradicts disable'],
    ],
    [
      'configure of nothing',
      ['prod', 'metrics', 'configure'],
      [
        'configure needs an action: enable or disable',
        '--scope is missing: instance, database, role',
      ],
    ],
  ])('lists every problem of %s', async (_what, args, problems) => {
    const { stdout, stderr, code } = await runCommand('invoke', args);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr.split('\n')).toEqual([
      ...problems,
      '(npm run invoke -- --help lists the options.)',
      '',
    ]);
  });

  test('lists all options with --help', async () => {
    const { stdout, stderr, code } = await runCommand('invoke', ['--help']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain(
      'Usage: npm run invoke -- [options] <environment> <database> [function] [action]',
    );
    expect(optionsIn(stdout)).toEqual([
      ...['--environments', '--json', '--help', '--always', '--ignore-schedule'],
      ...['--scope', '--role', '--in-database', '--level', '--job', '--schedule-interval'],
      '--apply',
    ]);
  });
});
