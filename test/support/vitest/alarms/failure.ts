import { expect, test } from 'vitest';

test('fails, so that .ci/run sees whether a failure is seen', () => {
  expect('this test').toBe('failing');
});
