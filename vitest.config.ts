import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // .ci/run makes sure that a failing test is seen to fail.
    include: process.env['CI_ALARM'] ? ['test/support/alarm.ts'] : ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
  },
});
