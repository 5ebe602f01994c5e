import { defineConfig } from 'vitest/config';

/** The tests that need nothing but the code: no server, no bundle. */
export default defineConfig({
  test: {
    include: [
      'test/unit/{consent,report,schedule,timescaledb,version-check}/*.test.ts',
      'test/repo-rules/docs.test.ts',
    ],
  },
});
