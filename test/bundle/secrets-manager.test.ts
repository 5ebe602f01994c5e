import { expect, inject, test } from 'vitest';
import { FUNCTIONS } from '../../infra/bundle.ts';
import { invoke } from '../../local/lambda.ts';
import { listen } from '../../local/loopback.ts';
import { summariesOf } from '../support/invocations.ts';
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
