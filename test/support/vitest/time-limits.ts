import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * Factor of all time limits of the tests; at least 1. vitest.config.ts measures it once for all test processes; the variable
 * TEST_TIME_FACTOR overrides the measurement.
 */
const TIME_FACTOR = Number(process.env['TEST_TIME_FACTOR'] ?? 1);

/** Ratio of an upper bound to the usual duration of a wait on a quiet machine, so that a passing test never reaches it. */
const UPPER_BOUND_FACTOR = 4;

/** Maximum factor. With a larger one, the limits that tests set would exceed the product's own limits. */
const LARGEST_FACTOR = 8;

/** Returns the upper bound of a wait that takes up to `ms` milliseconds on a quiet machine. */
export function upperBound(ms: number, factor = TIME_FACTOR): number {
  return Math.round(ms * factor * UPPER_BOUND_FACTOR);
}

/**
 * Returns a time limit that a test sets for the product and waits for. It is long enough for a busy machine to reach the
 * phase under test.
 *
 * @param mostMs upper limit, if the phase under test has a time limit of its own
 */
export function scaled(ms: number, mostMs = Number.POSITIVE_INFINITY): number {
  return Math.min(mostMs, Math.round(ms * TIME_FACTOR));
}

const SPIN = `
const { parentPort } = require('node:worker_threads');
const before = process.threadCpuUsage();
const startedAt = performance.now();
while (performance.now() - startedAt < 300);
const { user, system } = process.threadCpuUsage(before);
parentPort.postMessage((performance.now() - startedAt) / ((user + system) / 1_000));
`;

/** Returns the ratio of wall-clock time to CPU time of a calculation. */
async function measureSlowdown(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  new Worker(SPIN, { eval: true }).once('message', resolve).once('error', reject);
  return promise;
}

/**
 * Measures the load of this machine with one calculation for each test process. On a busy machine, the functions and servers
 * that the tests start add about the same load again.
 */
export async function measureTimeFactor(): Promise<number> {
  const slowdowns = await Promise.all(
    Array.from({ length: availableParallelism() }, measureSlowdown),
  );
  const mean = slowdowns.reduce((sum, one) => sum + one, 0) / slowdowns.length;
  return Math.min(LARGEST_FACTOR, Math.max(1, Number((2 * mean - 1).toFixed(1))));
}
