import { mkdtempSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { functionName } from '../../lib/naming.ts';
import { deploy, ENVIRONMENT, refuse, respond, TARGET_NAME } from '../support/aws/deployment.ts';
import { FIXTURES_FOLDER, NO_ENVIRONMENTS } from '../support/aws/fixtures.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { runCommand } from '../support/process/commands.ts';
import { deployedName, invokeCommand } from '../support/process/invoke-command.ts';

/** A database that consents. */
let granted: TestDatabase;
beforeAll(async () => {
  granted = await createDatabase({ release: '2.28.3', level: 'basic' });
});
afterAll(async () => {
  await granted[Symbol.asyncDispose]();
});

describe.concurrent('npm run invoke', () => {
  const answering = (reply: unknown) => ({
    answer: async (_invoked: unknown, response: ServerResponse) => respond(response, reply),
  });

  test('names the missing function of a database that is not deployed', async () => {
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

  test('names a missing function that was given by its name', async () => {
    await using deployment = await deploy(granted);
    const args = ['--function', 'stack-GetReport', 'report'];
    const { stderr, code } = await runCommand('invoke', args, deployment.shell);
    expect(code).toBe(1);
    expect(stderr).toContain('There is no function stack-GetReport in this account and region.\n');
    expect(stderr).toContain('The outputs of the stack, or its resources, have the names');
  });

  test('says which function an operation needs when another one was named', async () => {
    await using deployment = await deploy(granted, answering({ ok: true }));
    const args = ['--function', 'stack-GetReport', 'send'];
    const { stderr, code } = await runCommand('invoke', args, deployment.shell);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^stack-GetReport ran, but .* does not know its reply: /);
    expect(stderr).toContain('\nCheck that this is the function send-report, of this version. ');
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
    const { stderr, code } = await invokeCommand(deployment, 'send');
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
  const argsOf = (operation: string) =>
    operation === 'configure' ? [operation, 'disable', '--scope', 'database'] : [operation];
  test.each(ANOTHER_VERSION)(
    'reports an unknown reply to %s (%j)',
    async (operation, reply, problem) => {
      await using deployment = await deploy(granted, answering(reply));
      const { stderr, code } = await invokeCommand(deployment, ...argsOf(operation));
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
    async (operation, reply) => {
      await using deployment = await deploy(granted, answering(reply));
      const { stdout } = await invokeCommand(deployment, ...argsOf(operation), '--json');
      expect(JSON.parse(stdout)).toEqual(reply);
    },
  );

  test('ignores the unknown parts of a reply with --json', async () => {
    const outcome = { outcome: 'skipped', novelty: [1] };
    await using sending = await deploy(granted, answering(outcome));
    const sent = await invokeCommand(sending, 'send', '--json');
    expect([JSON.parse(sent.stdout), sent.stderr, sent.code]).toEqual([outcome, '', 3]);

    const preview = { report: '{"a":1}', consent: { sentence: 'On.' } };
    await using showing = await deploy(granted, answering(preview));
    const shown = await invokeCommand(showing, 'report', '--json');
    expect([shown.stdout, shown.stderr, shown.code]).toEqual(['{"a":1}', '', 0]);
  });

  test.each([
    [{ errorType: 7, errorMessage: null }, 'Error: no message'],
    [null, 'Error: no message'],
  ])(
    'exits with 1 when the function answers with the malformed error %j',
    async (payload, message) => {
      await using deployment = await deploy(granted, {
        answer: async (_invoked, response) => respond(response, payload, true),
      });
      const { stderr, code } = await invokeCommand(deployment, 'send');
      expect([stderr.split('\n')[0], code]).toEqual([
        `${deployedName('send-report')} failed: ${message}`,
        1,
      ]);
    },
  );

  test('does not repeat an invocation after a broken connection', async () => {
    await using deployment = await deploy(granted, {
      answer: async (_invoked, response) => {
        response.destroy();
      },
    });
    const { stderr, code } = await invokeCommand(deployment, 'send');
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
    const { stdout, stderr, code } = await runCommand('invoke', args);
    expect([stdout, stderr, code]).toEqual(['', message, 2]);
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
    // Without a region in the shell, the region of the environment's file is used.
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
