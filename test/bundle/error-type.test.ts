import { expect, inject, test } from 'vitest';
import { PURPOSES } from '../../lib/naming.ts';
import { invokeWarm } from '../support/lambda/warm.ts';
import { startWorld } from '../support/run/world.ts';

test.each(PURPOSES)(
  '%s throws every failure as a RunError, whose class keeps its name through minification',
  async (name) => {
    await using world = await startWorld({
      secrets: () => ({ status: 400, type: 'AccessDeniedException' }),
    });
    const change = name === 'configure' ? { action: 'disable', scope: 'database' } : {};

    const results = await invokeWarm(inject('bundles')[name].file, [change, { unknown: 1 }], {
      ...world.environment(),
      AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
    });

    // The first error wraps one of the AWS SDK, whose class name is minified.
    expect(results).toEqual([
      { thrown: 'RunError', errorType: 'RunError', code: 'SECRET_DENIED' },
      { thrown: 'RunError', errorType: 'RunError', code: 'EVENT_INVALID' },
    ]);
  },
);
