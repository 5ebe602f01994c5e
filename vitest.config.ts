import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { measureTimeFactor, upperBound } from './test/support/vitest/time-limits.ts';

const alarm = process.env['CI_ALARM'];

const timeFactor = Number(process.env['TEST_TIME_FACTOR'] ?? (await measureTimeFactor()));
// The test processes inherit it (see test/support/vitest/time-limits.ts).
process.env['TEST_TIME_FACTOR'] = String(timeFactor);

type Setup = 'folder' | 'postgres' | 'bundles' | 'package' | 'browser';

/** Test files with the same needs; their global setups run only when one of the files does. */
function project(
  name: string,
  include: readonly string[],
  setups: readonly Setup[],
): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [...include],
      globalSetup: setups.map((setup) => `test/support/vitest/setup/${setup}.ts`),
    },
  };
}

const INFRA = [
  'test/infra/**/*.test.ts',
  'test/repo-rules/audit.test.ts',
  'test/repo-rules/licenses.test.ts',
  'test/repo-rules/propose-versions.test.ts',
  'test/release/{publish,release}.test.ts',
];
const DATABASE = ['test/database/**/*.test.ts', 'test/repo-rules/no-secret-comes-out.test.ts'];
/** Without test/cli/output, which needs no servers. */
const FUNCTIONS = ['test/{bundle,faults}/**/*.test.ts', 'test/cli/{,options/}*.test.ts'];

/** Install the package with npm; with TEST_PACKAGE=1 only, in a job beside .ci/run. */
const PACKAGE = ['test/package/**/*.test.ts'];

/** Each file starts a browser. */
const PAGE = ['test/page/**/*.test.ts'];

const PROJECTS: TestProjectInlineConfiguration[] = [
  {
    extends: true,
    test: {
      name: 'unit',
      include: ['test/**/*.test.ts'],
      exclude: [...INFRA, ...DATABASE, ...FUNCTIONS, ...PACKAGE, ...PAGE],
    },
  },
  project('infra', INFRA, ['folder', 'bundles']),
  project('database', DATABASE, ['folder', 'postgres', 'bundles']),
  project('page', PAGE, ['folder', 'browser']),
  ...(process.env['TEST_PACKAGE'] === '1'
    ? [project('package', PACKAGE, ['folder', 'postgres', 'bundles', 'package'])]
    : []),
  project('functions', FUNCTIONS, ['folder', 'postgres', 'bundles']),
];

/** .ci/run checks with each alarm that a failing test, and a secret in an output, fails the run. */
const ALARMS: TestProjectInlineConfiguration[] = [
  project('alarm', [`test/support/vitest/alarms/${alarm}.ts`], ['folder', 'postgres']),
];

export default defineConfig({
  test: {
    pool: 'forks',
    // Test files restore the global state that they change. A process of its own, with modules of its own, would take half a
    // second of CPU time for each file; where a fresh process matters, tests start one.
    isolate: false,
    // Most tests wait for a server or a process; one core less, as is the default, would be one of two. Half more than the
    // cores saves a sixth for the tests of the database, and nothing in all.
    maxWorkers: '100%',
    testTimeout: upperBound(30_000, timeFactor),
    hookTimeout: upperBound(60_000, timeFactor),
    teardownTimeout: upperBound(10_000, timeFactor),
    expect: { poll: { timeout: upperBound(5_000, timeFactor) } },
    // CDK's own validation takes most of the CPU time of a synthesis, and only prints what it finds, unless cdk.json applies.
    // It runs where it can fail a test: in the examples, and in the commands.
    env: { CDK_VALIDATION: 'false' },
    setupFiles: ['test/support/vitest/no-secret-comes-out.ts'],
    provide: { secrets: [] },
    reporters: ['default', './test/support/vitest/closing-line.ts'],
    projects: alarm === undefined ? PROJECTS : ALARMS,
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      reporter: ['text-summary', 'html'],
      // What the unit tests alone cover; most of the rest needs a server, and is covered by the other projects.
      thresholds: { statements: 84, branches: 80, functions: 86, lines: 85 },
    },
  },
});
