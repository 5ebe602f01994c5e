import type { TestProject } from 'vitest/node';
import { resources } from '../resources.ts';

/** Starts the PostgreSQL server in which each test file makes databases of its own. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { server, secrets } = await resources.postgres.acquire();
  project.provide('postgres', server);
  project.provide('secrets', secrets);
  return () => resources.postgres.release();
}
