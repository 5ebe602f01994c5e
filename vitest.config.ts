import { defineConfig } from 'vitest/config';

const alarm = process.env['CI_ALARM'];

export default defineConfig({
  test: {
    // .ci/run makes sure that a failing test, and a secret that comes out, is seen.
    include: alarm ? [`test/support/alarms/${alarm}.ts`] : ['test/**/*.test.ts'],
    pool: 'forks',
    // Most tests wait for a server or a process; one core less, as is the default, would be one of two.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    setupFiles: ['test/support/no-secret-comes-out.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
  },
});
