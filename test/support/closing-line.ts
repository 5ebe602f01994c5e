import type { Reporter, TestModule } from 'vitest/node';

/** Ends the run with one plain line that any CI can read: `N passed, N failed`. */
class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number =>
      tests.filter((test) => test.result().state === state).length;
    // A file that cannot even be collected is a failure without a test.
    const broken = modules.filter((module) => module.errors().length > 0).length;
    process.stdout.write(`${count('passed')} passed, ${count('failed') + broken} failed\n`);
  }
}

// biome-ignore lint/style/noDefaultExport: vitest takes a reporter from a file's default export
export default ClosingLine;
