import { readdir } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';

/** Memory and handles of a process after a garbage collection, and its CPU time since it started. */
export interface Weight {
  readonly heapBytes: number;
  /** Buffers and other memory outside V8's heap that belongs to objects in it. */
  readonly externalBytes: number;
  readonly rssBytes: number;
  /** Names of the resources that keep the process's event loop alive. */
  readonly handles: readonly string[];
  /** Number of files and sockets, also of those that keep nothing alive, such as idle connections. */
  readonly openFiles: number;
  readonly cpuMs: number;
}

/** Measures this process, which needs `--expose-gc`. */
export async function weigh(): Promise<Weight> {
  for (let round = 0; round < 3; round += 1) {
    // Finalisers of one round make more objects collectable in the next.
    await setImmediate();
    globalThis.gc?.();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    heapBytes: heapUsed,
    externalBytes: external,
    rssBytes: rss,
    handles: process.getActiveResourcesInfo(),
    openFiles: (await readdir('/dev/fd')).length,
    cpuMs: (user + system) / 1_000,
  };
}
