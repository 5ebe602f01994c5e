import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Bundle, bundle } from '../../infra/bundle.ts';
import { startPostgres, type TestServer } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestServer;
    /** `send-report` as it ships. */
    bundle: Bundle;
    /** For files that a test needs; removed in the end. */
    folder: string;
  }
}

/** For all test files: one PostgreSQL server, in which each makes databases of its own, and one build of the bundle. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bundle-'));
  const [{ stop, ...server }, built] = await Promise.all([
    startPostgres(),
    bundle('send-report', folder),
  ]);
  project.provide('postgres', server);
  project.provide('bundle', built);
  project.provide('folder', folder);
  return async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
}
