import type { TestProject } from 'vitest/node';
import type { TestServer } from '../../postgres/postgres.ts';
import { resources } from '../resources.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestServer;
    /** Secrets of the server, which no output may contain. */
    secrets: readonly string[];
  }
}

/** Starts the PostgreSQL server in which each test file makes databases of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { server, secrets } = await resources.postgres.acquire();
  project.provide('postgres', server);
  project.provide('secrets', secrets);
  return () => resources.postgres.release();
}
