import { defineConfig } from 'vitest/config';
import { measureTimeFactor, upperBound } from './test/support/vitest/time-limits.ts';

const alarm = process.env['CI_ALARM'];

const timeFactor = Number(process.env['TEST_TIME_FACTOR'] ?? (await measureTimeFactor()));
// The test processes inherit it (see test/support/vitest/time-limits.ts).
process.env['TEST_TIME_FACTOR'] = String(timeFactor);

export default defineConfig({
  test: {
    // .ci/run makes sure that a failing test, and a secret that comes out, is seen.
    include: alarm ? [`test/support/vitest/alarms/${alarm}.ts`] : ['test/**/*.test.ts'],
    pool: 'forks',
    // Most tests wait for a server or a process; one core less, as is the default, would be one of two.
    maxWorkers: '100%',
    testTimeout: upperBound(30_000, timeFactor),
    hookTimeout: upperBound(60_000, timeFactor),
    teardownTimeout: upperBound(10_000, timeFactor),
    expect: { poll: { timeout: upperBound(5_000, timeFactor) } },
    setupFiles: ['test/support/vitest/no-secret-comes-out.ts'],
    globalSetup: ['test/support/vitest/global-setup.ts'],
    reporters: ['default', './test/support/vitest/closing-line.ts'],
  },
});
