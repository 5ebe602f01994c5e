import { expect, inject, test } from 'vitest';
import { FUNCTIONS } from '../../infra/bundle.ts';
import { invoke } from '../../local/lambda.ts';
import { listen } from '../../local/loopback.ts';
import { invokeRecorded, summariesOf } from '../support/invocations.ts';
import { startWorld } from '../support/world.ts';

test.concurrent.each(FUNCTIONS)(
  'a Secrets Manager that takes the request and never answers does not take all of the time of %s',
  async (name) => {
    await using world = await startWorld({});
    await using silent = await listen(() => new Promise(() => undefined));

    const invocation = await invoke(
      inject('bundles')[name].file,
      name === 'configure' ? { action: 'disable', scope: 'database' } : {},
      {
        ...world.environment(),
        AWS_ENDPOINT_URL_SECRETS_MANAGER: silent.url,
        // The SDK makes three attempts, and one is enough to see that it ends.
        AWS_MAX_ATTEMPTS: '1',
      },
      20_000,
    );

    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'failed', error: { code: 'SECRET_UNAVAILABLE', origin: 'ETIMEDOUT' } },
    ]);
  },
);

test.each(FUNCTIONS)(
  'without credentials in its environment %s asks nobody for some',
  async (name) => {
    await using world = await startWorld({});

    const { connections, ...invocation } = await invokeRecorded(
      world,
      name,
      name === 'configure' ? { action: 'disable', scope: 'database' } : {},
      { environment: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } },
    );

    expect(summariesOf(invocation)).toMatchObject([
      { outcome: 'failed', error: { code: 'SECRET_DENIED', origin: 'CredentialsProviderError' } },
    ]);
    expect(connections).toEqual([]);
  },
);
