import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../../emulator/http-server.ts';
import type { WorkerRequest } from '../../../lib/worker/contract/request.ts';
import { isOfOtherVersion, VERSIONS } from '../../../lib/worker/contract/version.ts';
import { handleRequest } from '../../../lib/worker/handle-request.ts';
import { TARGET, TICK } from './answers.ts';

const { secretId: _, ...READING_TARGET } = TARGET;

/** Returns a request for a database that is not reachable. */
async function aRequest(changes: Partial<WorkerRequest> = {}): Promise<WorkerRequest> {
  return {
    ...VERSIONS,
    target: { ...READING_TARGET, tls: { mode: 'disable' } },
    credentials: {
      host: '127.0.0.1',
      port: await freePort(),
      user: 'c4n4ry-user',
      password: 'c4n4ry-password',
      database: 'c4n4ry-database',
    },
    operation: {
      kind: 'read',
      time: Date.parse(TICK),
      report: 'when-due',
      isUntracked: false,
      reserveMs: 0,
    },
    spentMs: 0,
    limitMs: 20_000,
    ...changes,
  };
}

const LIMIT = { limitMs: 20_000 };

test('an error is an answer, and a line without credentials and names', async () => {
  const { line, result, error } = await handleRequest(await aRequest(), {}, LIMIT);
  expect(result).toMatchObject({
    ...VERSIONS,
    kind: 'error',
    error: { code: 'DATABASE_UNREACHABLE', origin: 'ECONNREFUSED', retryable: true },
    durationMs: { connection: expect.any(Number), total: expect.any(Number) },
  });
  expect(result).not.toHaveProperty('events');
  expect(line).toMatchObject({
    outcome: 'failed',
    severity: 'WARN',
    environment: 'prod',
    database: 'orders',
    operation: 'read',
    error: { code: 'DATABASE_UNREACHABLE' },
  });
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  expect(JSON.stringify([line, result])).not.toMatch(/c4n4ry|127\.0\.0\.1/);
});

test('the answer to a check has the events before the error, with their times', async () => {
  const request = await aRequest();
  const { result, line } = await handleRequest(
    { ...request, operation: { ...request.operation, kind: 'check' } },
    {},
    LIMIT,
  );
  expect(result).toMatchObject({
    kind: 'error',
    events: [{ type: 'connection-started', host: 'address', ms: expect.any(Number) }],
  });
  expect(line).toMatchObject({ operation: 'check' });
});

test('a change that cannot connect has changed nothing', async () => {
  const change = { action: 'disable', scope: { kind: 'database' }, level: 'off', dryRun: false };
  const request = { ...(await aRequest()), operation: { kind: 'change', change } };
  const { result, line } = await handleRequest(request, {}, LIMIT);
  expect(result).toMatchObject({
    kind: 'error',
    error: { code: 'DATABASE_UNREACHABLE' },
    change: {},
  });
  expect(line).toMatchObject({ operation: 'change' });
});

test.each([
  ['the request', { limitMs: 0 }, LIMIT],
  ['its own timeout', {}, { limitMs: 0 }],
])(
  'the time of %s ends the operation, and the answer names the phase',
  async (_of, changes, limit) => {
    const { result } = await handleRequest(await aRequest(changes), {}, limit);
    expect(result).toMatchObject({
      error: { code: 'TIME_LIMIT', message: expect.stringMatching(/^The phase "connection" /) },
    });
  },
);

test('the time that the sender has spent counts for the limit of the run', async () => {
  const request = await aRequest({ spentMs: 100_000 });
  const { result } = await handleRequest(request, {}, LIMIT);
  expect(result).toMatchObject({
    error: {
      code: 'TIME_LIMIT',
      message: expect.stringMatching(/the limit of the run is 100\.0 s\.$/),
    },
  });
});

test.each([{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, { PGREPLICATION: 'database' }])(
  'does not connect with the variables %j',
  async (variables) => {
    const { result } = await handleRequest(await aRequest(), variables, LIMIT);
    const [name = ''] = Object.keys(variables);
    expect(result).toMatchObject({
      error: { code: 'CONFIG_INVALID', message: expect.stringContaining(name) },
    });
    expect(result).not.toHaveProperty('durationMs.connection');
  },
);

describe('a request', () => {
  test.each([
    { version: 2, productVersion: VERSIONS.productVersion },
    { version: 1, productVersion: '9.9.9', mine: 1 },
  ])('of another version is answered with the versions alone: %j', async (event) => {
    const { line, result } = await handleRequest(event, {}, LIMIT);
    expect(result).toStrictEqual(VERSIONS);
    expect(line).toMatchObject({ outcome: 'failed', error: { code: 'WORKER_VERSION' } });
  });

  test.each<[string, object]>([
    ['an unknown key', { queue: true }],
    ['a target with the name of a secret', { target: TARGET }],
    ['an unknown operation', { operation: { kind: 'drop' } }],
    ['a change that is not one', { operation: { kind: 'change', change: { level: 'basic' } } }],
    ['a negative time', { limitMs: -1 }],
    ['the port 0', { credentials: { host: 'h', port: 0, user: 'u', password: 'p' } }],
  ])('with %s is invalid', async (_what, changes) => {
    const { line, result, error } = await handleRequest(
      { ...(await aRequest()), ...changes },
      {},
      LIMIT,
    );
    expect(result).toBeUndefined();
    expect(error).toMatchObject({ code: 'EVENT_INVALID' });
    expect(JSON.stringify([line, error?.message])).not.toContain('c4n4ry');
  });

  test('that is any other JSON is invalid, and its values are not repeated', async () => {
    const canary = fc.constant('c4n4ry');
    const anyEvent = fc.letrec((tie) => ({
      value: fc.oneof(canary, fc.jsonValue(), tie('object')),
      object: fc.dictionary(
        fc.oneof(fc.constantFrom(...Object.keys(VERSIONS), 'target', 'credentials'), fc.string()),
        tie('value'),
      ),
    })).object;
    await fc.assert(
      fc.asyncProperty(fc.oneof(anyEvent, fc.jsonValue()), async (event) => {
        fc.pre(!isOfOtherVersion(event));
        const { line, result, error } = await handleRequest(event, {}, LIMIT);
        expect(result).toBeUndefined();
        expect(error).toMatchObject({ code: 'EVENT_INVALID' });
        expect(line).toMatchObject({ outcome: 'failed', severity: 'ERROR' });
        expect(JSON.stringify(line)).not.toContain('c4n4ry');
      }),
    );
  });
});
