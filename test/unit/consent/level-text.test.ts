import { describe, expect, test } from 'vitest';
import { resolve, stored } from './resolved-level.ts';

describe('the text of a level', () => {
  test.each([
    ['BASIC', 'basic'],
    ['No_Functions', 'no_functions'],
    [' basic ', 'basic'],
    ['OFF', 'off'],
  ])('%j is read as %s', (session, level) => {
    expect(resolve({ session })).toMatchObject({ level, warnings: [] });
    const answer = resolve({ session: 'basic', stored: [stored('database', session)] });
    expect(answer).toMatchObject({ level, warnings: [] });
  });

  test.each(['on', 'true', 'no-functions', 'c4n4ry', '', 'basic;'])(
    '%j is invalid and treated as off, with a warning that does not quote it',
    (text) => {
      expect(resolve({ session: text, source: 'database' })).toStrictEqual({
        level: 'off',
        where: 'database',
        rule: 'level-off',
        isInvalid: true,
        warnings: ['The level set for this database is invalid and is treated as off.'],
      });
    },
  );

  test('that is invalid gives one warning for each place, and the first place decides', () => {
    expect(
      resolve({
        stored: [stored('all-roles', 'nonsense'), stored('role', 'on', 'job-owner')],
        configured: 'yes',
      }),
    ).toStrictEqual({
      level: 'off',
      where: 'all-roles',
      rule: 'level-off',
      isInvalid: true,
      warnings: [
        'The level set for all roles is invalid and is treated as off.',
        "The level set for the job's owner is invalid and is treated as off.",
        "The level set in the server's configuration file is invalid and is treated as off.",
      ],
    });
  });

  test('that is invalid for the database denies also when the session has its own level', () => {
    const nonsense = stored('database', 'nonsense');
    expect(resolve({ session: 'basic', source: 'client', stored: [nonsense] })).toMatchObject({
      level: 'off',
      rule: 'level-off',
      where: 'database',
    });
  });
});
