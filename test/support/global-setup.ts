import type { TestProject } from 'vitest/node';
import { startPostgres, type TestServer } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestServer;
  }
}

/** One PostgreSQL server for all test files; each makes databases and roles of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { stop, ...server } = await startPostgres();
  project.provide('postgres', server);
  return stop;
}
