import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DATABASE_FUNCTIONS, functionName } from '../../lib/naming.ts';

/** Names that a target may have. */
const aName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
const aPurpose = fc.constantFrom(...DATABASE_FUNCTIONS);

test('a function name is readable', () => {
  expect(functionName('prod', 'metrics', 'get-report')).toMatch(
    /^telemetry-prod-metrics-[0-9a-f]{10}-get-report$/,
  );
});

test.each([
  ['metrics.eu', 'send-report', 'telemetry-prod-metrics-eu-f8797aaa56-send-report'],
  ['x'.repeat(63), 'send-report', 'telemetry-prod-xxxxxxxxxxxxxxxxxxxxxxx-274c930428-send-report'],
  [
    'x'.repeat(63),
    'database-worker',
    'telemetry-prod-xxxxxxxxxxxxxxxxxxxxxx-274c930428-database-worker',
  ],
] as const)(
  'a function name is stable, so that a deployment does not replace the function: %s %s',
  (database, purpose, name) => {
    expect(functionName('prod', database, purpose)).toBe(name);
  },
);

test('a function name is valid for Lambda', () => {
  fc.assert(
    fc.property(aName, aName, aPurpose, (environment, database, purpose) => {
      expect(functionName(environment, database, purpose)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    }),
  );
});

test('a function name is unique for target and purpose', () => {
  fc.assert(
    fc.property(fc.tuple(aName, aName), fc.tuple(aName, aName), (one, other) => {
      const names = [one, other].flatMap((target) =>
        DATABASE_FUNCTIONS.map((purpose) => functionName(...target, purpose)),
      );
      const isSame = one.join('\n') === other.join('\n');
      expect(new Set(names).size).toBe(isSame ? 4 : 8);
    }),
  );
});

test.each([
  ['a-b', 'c', 'a', 'b-c'],
  ['prod', 'a.b', 'prod', 'a-b'],
  ['prod', 'a'.repeat(62), 'prod', 'a'.repeat(63)],
])(
  'similar names have different function names: %s %s, %s %s',
  (...[oneEnvironment, one, environment, other]) => {
    expect(functionName(oneEnvironment, one, 'configure')).not.toBe(
      functionName(environment, other, 'configure'),
    );
  },
);
