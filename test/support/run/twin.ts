import { expect } from 'vitest';
import type { World } from './world.ts';

/**
 * Fields of a line that differ between two runs of one function. The server's autovacuum changes figures of the report, and
 * locks relations, at any time.
 */
const OF_ONE_RUN = new Set([
  ...['durationMs', 'receipt'],
  ...['bytes', 'sha256', 'estimatedRelations'],
]);

/** Removes what differs between two runs, times that were left, and where a check has failed. */
function withoutRun(line: unknown): unknown {
  const text = JSON.stringify(line, (name, value: unknown) =>
    OF_ONE_RUN.has(name) ? undefined : value,
  );
  return JSON.parse(
    text.replaceAll(' failed in the worker: ', ' failed: ').replaceAll(/ [\d.]+ s\b/g, ' … s'),
  );
}

/**
 * Runs the source in another world, and then in this one, and expects the same end. This world is the last, so that its report
 * has the figures that the server has after the run.
 */
export function withTwin(world: World, startTwin: () => Promise<World>): World {
  let twin: Promise<World> | undefined;
  const inTwin = async <T>(run: (twin: World) => Promise<T>): Promise<T> => {
    twin ??= startTwin();
    return run(await twin);
  };
  const twice =
    <Parameters extends readonly unknown[], T>(
      run: (one: World, ...parameters: Parameters) => Promise<T>,
      endOf: (result: T) => unknown,
    ) =>
    async (...parameters: Parameters): Promise<T> => {
      const split = await inTwin((one) => run(one, ...parameters));
      const result = await run(world, ...parameters);
      expect(withoutRun(endOf(split)), 'the end with a worker').toEqual(withoutRun(endOf(result)));
      return result;
    };
  return {
    ...world,
    run: twice(
      (one, settings) => one.run(settings),
      ({ outcome }) => outcome,
    ),
    preview: twice(
      (one, settings) => one.preview(settings),
      ({ outcome }) => outcome,
    ),
    check: twice(
      (one, settings) => one.check(settings),
      ({ line }) => line,
    ),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await (await twin)?.[Symbol.asyncDispose]();
    },
  };
}
