import { expect, test } from 'vitest';

test('fails, so that .ci/run can check that a failure is reported', () => {
  expect('this test').toBe('failing');
});
