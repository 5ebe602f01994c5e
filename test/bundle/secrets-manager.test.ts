import type { Socket } from 'node:net';
import { expect, inject, test } from 'vitest';
import { freePort, listen, readBody } from '../../emulator/http-server.ts';
import { invoke } from '../../emulator/lambda/invoke.ts';
import { FUNCTIONS, type FunctionName } from '../../infra/bundle/bundle.ts';
import { invokeRecorded, summariesOf } from '../support/lambda/invocations.ts';
import { invokeWarm } from '../support/lambda/warm.ts';
import { secret as remember } from '../support/process/secrets.ts';
import { startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

function eventFor(name: FunctionName): object {
  return name === 'configure' ? { action: 'disable', scope: 'database' } : {};
}

test.concurrent.each(FUNCTIONS)(
  'limits the time that %s waits for a Secrets Manager that never answers',
  async (name) => {
    await using world = await startWorld({});
    await using silent = await listen(() => new Promise(() => undefined));

    const invocation = await invoke(
      inject('bundles')[name].file,
      eventFor(name),
      {
        ...world.environment(),
        AWS_ENDPOINT_URL_SECRETS_MANAGER: silent.url,
        // The SDK makes three attempts, and one is enough to see that it ends.
        AWS_MAX_ATTEMPTS: '1',
      },
      scaled(20_000),
    );

    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'failed', error: { code: 'SECRET_UNAVAILABLE', origin: 'ETIMEDOUT' } },
    ]);
  },
);

test.each(FUNCTIONS)(
  '%s requests no credentials elsewhere if its environment has none',
  async (name) => {
    await using world = await startWorld({});

    const { connections, ...invocation } = await invokeRecorded(world, name, eventFor(name), {
      environment: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    });

    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'failed', error: { code: 'SECRET_DENIED', origin: 'CredentialsProviderError' } },
    ]);
    expect(connections).toEqual([]);
  },
);

test.each(FUNCTIONS)(
  'a warm %s reads the secret over a new connection, because a NAT gateway may have dropped the old one',
  async (name) => {
    await using world = await startWorld({});
    const used = new WeakSet<Socket>();
    const asked: (string | undefined)[] = [];
    // Answers the first request of a connection and no other, and would keep it open.
    await using forgetful = await listen(async (request, response) => {
      await readBody(request);
      asked.push(request.headers.connection);
      if (used.has(request.socket)) return;
      used.add(request.socket);
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(
        JSON.stringify({
          VersionId: 'v1',
          SecretString: JSON.stringify({
            host: '127.0.0.1',
            port: await freePort(),
            username: 'reporter',
            password: remember('password-behind-a-nat-gateway'),
            dbname: 'metrics',
          }),
        }),
      );
    });

    const results = await invokeWarm(
      inject('bundles')[name].file,
      [eventFor(name), eventFor(name)],
      {
        ...world.environment(),
        AWS_ENDPOINT_URL_SECRETS_MANAGER: forgetful.url,
        AWS_MAX_ATTEMPTS: '1',
      },
    );

    expect(asked).toEqual(['close', 'close']);
    expect(forgetful.connections()).toBe(2);
    // It got as far as the database, which is not there.
    expect(results).toMatchObject([
      { code: 'DATABASE_UNREACHABLE' },
      { code: 'DATABASE_UNREACHABLE' },
    ]);
  },
);
