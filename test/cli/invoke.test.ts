import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deploy, ENVIRONMENT, respond, TARGET_NAME } from '../support/aws/deployment.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { optionsIn, runCommand } from '../support/process/commands.ts';
import { deployedName, invokeCommand } from '../support/process/invoke-command.ts';
import { secretFor } from '../support/run/world.ts';

const LEVEL = 'timescaledb.telemetry_level';
const DENIED = 'Telemetry is off: level off, set for this database.';

/** A database that consents, and one that does not. */
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

describe.concurrent('report', () => {
  test('is the default, and looks like npm run report', async () => {
    await using deployment = await deploy(granted);
    const { stdout, stderr, code } = await invokeCommand(deployment);
    expect([stderr, code]).toEqual(['', 0]);
    for (const part of [
      `report of ${TARGET_NAME} in ${ENVIRONMENT}\n`,
      `✔ function      ${deployedName('get-report')}`,
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
      { name: deployedName('get-report'), event: { alwaysDisplayReport: false } },
    ]);
    expect(deployment.world.endpoint.connections()).toBe(0);
  });

  test('without consent exits with 3, and prints the bare bytes with --always --json', async () => {
    await using deployment = await deploy(denied);
    const reporter = await invokeCommand(deployment, 'report');
    expect([reporter.stderr, reporter.code]).toEqual(['', 3]);
    expect(reporter.stdout).toContain(`– consent       denied (rule level-off): ${DENIED}\n`);
    expect(reporter.stdout).not.toContain('db_uuid');

    const nothing = await invokeCommand(deployment, 'report', '--json');
    expect([nothing.stdout, nothing.code]).toEqual(['', 3]);
    expect(nothing.stderr).toMatch(/^Telemetry is off: level off, set for this database\.\n/);

    const bytes = await invokeCommand(deployment, '--always', '--json');
    expect([bytes.stderr, bytes.code]).toEqual(['', 0]);
    expect(JSON.parse(bytes.stdout)).toMatchObject({ timescaledb_version: '2.28.3' });
    expect(bytes.stdout).not.toContain('\n');
    expect(deployment.invoked[2]?.event).toEqual({ alwaysDisplayReport: true });
  });
});

describe.concurrent('send', () => {
  test('shows receipt and verdict, exits with 0, and sends the bytes of report', async () => {
    await using deployment = await deploy(granted);
    const bytes = await invokeCommand(deployment, 'report', '--json');
    const { stdout, stderr, code } = await invokeCommand(deployment, 'send', '--ignore-schedule');
    expect([stderr, code]).toEqual(['', 0]);
    const sha256 = createHash('sha256').update(bytes.stdout).digest('hex');
    expect(stdout).toContain('✔ credentials   from Secrets Manager');
    expect(stdout).toContain(`bytes by plain SQL, sha256 ${sha256}`);
    expect(stdout).toMatch(/✔ sent {10}127\.0\.0\.1:\d+ answered 200/);
    expect(stdout).toContain(`✖ version       ${TARGET_NAME}: the "timescaledb" extension is not`);
    expect(deployment.invoked[1]).toEqual({
      name: deployedName('send-report'),
      event: { ignoreSchedule: true },
    });
    const { reports } = deployment.world.endpoint;
    expect(reports.map(({ body }) => body.toString('utf8'))).toEqual([bytes.stdout]);
  });

  test('without consent exits with 3, and sends nothing', async () => {
    await using deployment = await deploy(denied);
    const { stdout, stderr, code } = await invokeCommand(deployment, 'send', '--json');
    expect([stderr, code]).toEqual(['', 3]);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'skipped', database: TARGET_NAME });
    expect(deployment.invoked[0]?.event).toEqual({ ignoreSchedule: false });
    expect(deployment.world.endpoint.connections()).toBe(0);
  });

  test('shows the error of a failed run, and exits with 1', async () => {
    await using deployment = await deploy(granted, {
      secret: secretFor({ ...granted, password: 'wrong-password' }),
    });
    const { stdout, stderr, code } = await invokeCommand(deployment, 'send');
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
    const { stdout, code } = await invokeCommand(deployment, 'send');
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

    const planned = await invokeCommand(deployment, 'configure', 'disable', '--scope', 'database');
    expect([planned.stderr, planned.code]).toEqual(['', 0]);
    expect(planned.stdout).toContain(
      '– after         nothing was changed; --apply runs the statements\n',
    );
    expect(planned.stdout).toContain(statement);
    expect(await levelOf()).toEqual([`${LEVEL}=basic`]);

    const args = ['configure', 'disable', '--scope', 'database', '--apply'];
    const applied = await invokeCommand(deployment, ...args);
    expect([applied.stderr, applied.code]).toEqual(['', 0]);
    expect(applied.stdout).toContain(`– after         denied (rule level-off): ${DENIED}\n`);
    expect(applied.stdout).toContain(statement);
    expect(await levelOf()).toEqual([`${LEVEL}=off`]);

    expect(deployment.invoked).toEqual(
      [true, false].map((dryRun) => ({
        name: deployedName('configure'),
        event: { action: 'disable', scope: 'database', dryRun },
      })),
    );
  });
});

describe.concurrent('a function that is named', () => {
  test('is invoked by its name, without an environment', async () => {
    await using deployment = await deploy(granted);
    const name = deployedName('send-report');
    const args = ['--function', name, 'check'];
    const { stdout, stderr, code } = await runCommand('invoke', args, deployment.shell);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toContain(`check by ${name}\n`);
    expect(stdout).toContain(`✔ function      ${name}`);
    expect(deployment.invoked).toEqual([{ name, event: { check: true } }]);
  });

  test('is invoked by its ARN, in the region of the ARN', async () => {
    const regions: unknown[] = [];
    await using deployment = await deploy(granted, {
      answer: async (_invoked, response) => {
        regions.push(
          /\/\d{8}\/([^/]+)\/lambda\//.exec(response.req.headers.authorization ?? '')?.[1],
        );
        respond(response, { report: '{"a":1}', consent: { sentence: 'On.' } });
      },
    });
    const arn = 'arn:aws:lambda:eu-west-3:123456789012:function:stack-GetReport-AbCdEf';
    const args = ['--function', arn, '--json'];
    const { stdout, stderr, code } = await runCommand('invoke', args, deployment.shell);
    expect([stdout, stderr, code]).toEqual(['{"a":1}', '', 0]);
    expect(deployment.invoked.map(({ name }) => decodeURIComponent(name))).toEqual([arn]);
    expect(regions).toEqual(['eu-west-3']);
  });
});

describe.concurrent('the options', () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ['no target', [], ['an environment and a database are missing, or --function']],
    ['half a target', ['prod'], ['a database is missing']],
    [
      'a function that is no name, and a target beside it',
      ['prod', 'metrics', 'check', '--function', 'metrics/1'],
      [
        '--function must be the name or ARN of a function',
        'an environment and a database are only without --function',
        '[function] must be one of report, check, send, configure',
      ],
    ],
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
      'Usage: npm run invoke -- [options] [environment] [database] [function] [action]',
    );
    expect(optionsIn(stdout)).toEqual([
      ...['--environments', '--function', '--json', '--help', '--always', '--ignore-schedule'],
      ...['--scope', '--role', '--in-database', '--level', '--job', '--schedule-interval'],
      '--apply',
    ]);
  });
});
