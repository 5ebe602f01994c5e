import { expect, test } from 'vitest';
import { describePlace } from '../../../lib/consent/level-place.ts';

test.each([
  [{ where: 'default' }, 'by default'],
  [{ where: 'configuration-file' }, "in the server's configuration file"],
  [{ where: 'command-line' }, "on the server's command line"],
  [{ where: 'environment-variable' }, 'by an environment variable of the server'],
  [{ where: 'database' }, 'for this database'],
  [{ where: 'all-roles' }, 'for all roles'],
  [{ where: 'role', holder: 'job-owner' }, "for the job's owner"],
  [
    { where: 'role-in-database', holder: 'bootstrap-superuser' },
    'for the bootstrap superuser in this database',
  ],
  [{ where: 'session' }, 'in the session'],
  [{ where: 'startup-options' }, "in the session's startup options"],
  [{ where: 'session-reset-value' }, "as the session's reset value"],
  [{ where: 'unknown' }, 'in a place that PostgreSQL does not show'],
  [{ where: 'level-when-unset' }, "by the target's levelWhenUnset"],
  [{ where: 'function-environment' }, "in the function's environment"],
])('describes %j', (place, phrase) => {
  expect(describePlace(place)).toBe(phrase);
});

test('returns unknown tokens unchanged', () => {
  expect(describePlace({ where: 'new-place' })).toBe('new-place');
  expect(describePlace({ where: 'role', holder: 'new-holder' })).toBe('for new-holder');
  expect(describePlace({ where: 'constructor', holder: 'constructor' })).toBe('for constructor');
});
