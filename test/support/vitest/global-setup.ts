import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Bundle, bundle, type FunctionName } from '../../../infra/bundle/bundle.ts';
import { startPostgres, type TestServer } from '../postgres/postgres.ts';
import { knownSecrets } from '../process/secrets.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestServer;
    /** The functions as they ship. */
    bundles: Readonly<Record<FunctionName, Bundle>>;
    /** What nobody may write: those of the server. */
    secrets: readonly string[];
    /** For files that a test needs; removed in the end. */
    folder: string;
  }
}

/** For all test files: one PostgreSQL server, in which each makes databases of its own, and one build of the bundles. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bundle-'));
  const [{ stop, ...server }, sendReport, getReport, configure] = await Promise.all([
    startPostgres(),
    bundle('send-report', folder),
    bundle('get-report', folder),
    bundle('configure', folder),
  ]);
  project.provide('postgres', server);
  project.provide('bundles', {
    'send-report': sendReport,
    'get-report': getReport,
    configure,
  });
  project.provide('secrets', knownSecrets());
  project.provide('folder', folder);
  return async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
}
