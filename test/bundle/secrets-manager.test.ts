import type { Socket } from 'node:net';
import { expect, inject, test } from 'vitest';
import { freePort, listen, readBody } from '../../emulator/http-server.ts';
import { invoke } from '../../emulator/lambda/invoke.ts';
import { PURPOSES, type Purpose } from '../../lib/naming.ts';
import { invokeRecorded, summariesOf } from '../support/lambda/invocations.ts';
import { invokeWarm } from '../support/lambda/warm.ts';
import { secret as remember } from '../support/process/secrets.ts';
import { startWorld } from '../support/run/world.ts';
import { scaled } from '../support/vitest/time-limits.ts';

function eventFor(name: Purpose): object {
  return name === 'configure' ? { action: 'disable', scope: 'database' } : {};
}

test.concurrent.each(PURPOSES)(
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
        // One attempt instead of the SDK's three saves time.
        AWS_MAX_ATTEMPTS: '1',
      },
      scaled(20_000),
    );

    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'failed', error: { code: 'SECRET_UNAVAILABLE', origin: 'ETIMEDOUT' } },
    ]);
  },
);

test.each(PURPOSES)(
  '%s does not request credentials from other sources if its environment has none',
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

test.each(PURPOSES)(
  'a warm %s reads the secret over a new connection, because a NAT gateway may have dropped the old one',
  async (name) => {
    await using world = await startWorld({});
    const used = new WeakSet<Socket>();
    const headers: (string | undefined)[] = [];
    // Answers only the first request of each connection, and keeps the connection open.
    await using forgetful = await listen(async (request, response) => {
      await readBody(request);
      headers.push(request.headers.connection);
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

    expect(headers).toEqual(['close', 'close']);
    expect(forgetful.connections()).toBe(2);
    // The secret was read, and the database is unreachable.
    expect(results).toMatchObject([
      { code: 'DATABASE_UNREACHABLE' },
      { code: 'DATABASE_UNREACHABLE' },
    ]);
  },
);
