import { expect, test } from 'vitest';
import { parseBuildFile } from '../../../data/update/build-file.ts';

function buildFile(list: string): string {
  return `set(CMAKE_CONFIGURATION_TYPES Release CACHE STRING "List, only supports Debug and Release")
if((\${PG_VERSION_MAJOR} LESS "15") OR (\${PG_VERSION_MAJOR} GREATER "18"))
  message(FATAL_ERROR "TimescaleDB only supports PostgreSQL ${list}")
endif()
`;
}

test.each([
  ['9.6 or 10', ['9.6', '10']],
  ['9.6, 10 or 11', ['9.6', '10', '11']],
  ['9.6.3+, 10.2+, 11 or 12', ['9.6', '10', '11', '12']],
  ['12 and 13', ['12', '13']],
  ['15, 16, 17 and 18', ['15', '16', '17', '18']],
  ['16, 17, and 18', ['16', '17', '18']],
  ['18', ['18']],
])('reads the majors of %j', (list, majors) => {
  expect(parseBuildFile(buildFile(list))).toEqual(majors);
});

test.each(['15 to 18', '15-18', '15 or newer', '15, 16,', 'fifteen'])(
  'does not guess the majors of %j',
  (list) => {
    expect(parseBuildFile(buildFile(list))).toBeUndefined();
  },
);

test('does not guess the majors of a file without the message', () => {
  expect(parseBuildFile('project(something LANGUAGES C)')).toBeUndefined();
  expect(parseBuildFile('')).toBeUndefined();
});
