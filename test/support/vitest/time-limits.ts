import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * Factor of all time limits of the tests; at least 1. vitest.config.ts measures it once for all test processes; the variable
 * TEST_TIME_FACTOR overrides the measurement.
 */
const TIME_FACTOR = Number(process.env['TEST_TIME_FACTOR'] ?? 1);

/** An upper bound is this much larger than what a wait takes on a quiet machine: a test that passes never reaches it. */
const UPPER_BOUND_FACTOR = 4;

/** Above it, the limits that tests give the product are longer than those that the product has itself. */
const LARGEST_FACTOR = 8;

/** Returns the upper bound of a wait that takes up to `ms` milliseconds on a quiet machine. */
export function upperBound(ms: number, factor = TIME_FACTOR): number {
  return Math.round(ms * factor * UPPER_BOUND_FACTOR);
}

/**
 * Returns a time limit that the product gets from a test, which waits until it has passed: long enough for a busy machine to
 * come to the point that the test is about.
 *
 * @param mostMs what the test is about ends by itself after this time
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

/** Returns how much longer a calculation takes now than on a processor of its own. */
async function measureSlowdown(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  new Worker(SPIN, { eval: true }).once('message', resolve).once('error', reject);
  return promise;
}

/**
 * Measures the load of this machine with one calculation for each test process. The functions and servers that the tests
 * start take about as much again, if the machine is busy at all.
 */
export async function measureTimeFactor(): Promise<number> {
  const slowdowns = await Promise.all(
    Array.from({ length: availableParallelism() }, measureSlowdown),
  );
  const mean = slowdowns.reduce((sum, one) => sum + one, 0) / slowdowns.length;
  return Math.min(LARGEST_FACTOR, Math.max(1, Number((2 * mean - 1).toFixed(1))));
}
