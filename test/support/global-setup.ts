import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Bundle, bundle, FUNCTIONS, type FunctionName } from '../../infra/bundle.ts';
import { startPostgres, type TestServer } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: TestServer;
    /** The functions as they ship. */
    bundles: Readonly<Record<FunctionName, Bundle>>;
    /** For files that a test needs; removed in the end. */
    folder: string;
  }
}

function bundlesByName(bundles: readonly (readonly [FunctionName, Bundle])[]) {
  const found = new Map(bundles);
  const of = (name: FunctionName): Bundle => {
    const one = found.get(name);
    if (one === undefined) throw new Error(`${name} was not built.`);
    return one;
  };
  return { 'send-report': of('send-report'), 'get-report': of('get-report') };
}

/** For all test files: one PostgreSQL server, in which each makes databases of its own, and one build of the bundles. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bundle-'));
  const [{ stop, ...server }, bundles] = await Promise.all([
    startPostgres(),
    Promise.all(FUNCTIONS.map(async (name) => [name, await bundle(name, folder)] as const)),
  ]);
  project.provide('postgres', server);
  project.provide('bundles', bundlesByName(bundles));
  project.provide('folder', folder);
  return async () => {
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
}
