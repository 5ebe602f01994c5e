import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Durations } from '../../../lib/run/deadline.ts';
import { createDeadline } from '../../../lib/run/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Something that never ends by itself, and whether it was told to. */
function endless() {
  let wasTold = false;
  const work = (signal: AbortSignal): Promise<never> => {
    signal.addEventListener('abort', () => {
      wasTold = true;
    });
    return new Promise(() => undefined);
  };
  return { work, wasTold: () => wasTold };
}

function start(functionMs: number, retryMs?: number) {
  const durationMs: Durations = {};
  return { durationMs, phases: createDeadline(durationMs, functionMs, retryMs) };
}

type Deadline = ReturnType<typeof createDeadline>;

/** When a phase that never ends is given up, and what is said of it. */
async function givenUp(
  phases: Deadline,
  ...[phase, reserveMs]: [Parameters<Deadline['run']>[0], number?]
): Promise<string> {
  const { work, wasTold } = endless();
  const ended = phases.run(phase, work, reserveMs).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1_000_000);
  const error = await ended;
  expect(error).toMatchObject({ code: 'TIME_LIMIT', retryable: true });
  expect(wasTold()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  return error instanceof Error ? error.message : String(error);
}

const said = (phase: string, had: string, run: string): string =>
  `The phase "${phase}" did not end within the ${had} s that it had; the whole run has ${run} s.`;

describe('a phase that hangs is named, and ends', () => {
  test.each([
    ['credentials', '20.0'],
    ['connection', '45.0'],
    ['delivery', '20.0'],
  ] as const)('%s, at its own limit', async (phase, had) => {
    expect(await givenUp(start(600_000).phases, phase)).toBe(said(phase, had, '100.0'));
  });

  test.each(['database', 'change'] as const)("%s, at the run's limit", async (phase) => {
    expect(await givenUp(start(600_000).phases, phase)).toBe(said(phase, '100.0', '100.0'));
  });

  test("at the function's limit, where that is nearer", async () => {
    expect(await givenUp(start(8_000).phases, 'credentials')).toBe(
      said('credentials', '8.0', '8.0'),
    );
  });

  test('before what is kept for a later phase', async () => {
    expect(await givenUp(start(600_000).phases, 'database', 15_000)).toBe(
      said('database', '85.0', '100.0'),
    );
  });

  test('where that is more than a quarter of the run, before the last quarter', async () => {
    expect(await givenUp(start(8_000).phases, 'database', 15_000)).toBe(
      said('database', '6.0', '8.0'),
    );
  });

  test('with what earlier phases have left of the run', async () => {
    const { phases } = start(30_000);
    await Promise.all([
      phases.run('credentials', () => new Promise((done) => setTimeout(done, 19_000))),
      vi.advanceTimersByTimeAsync(19_000),
    ]);
    expect(await givenUp(phases, 'connection')).toBe(said('connection', '11.0', '30.0'));
  });
});

test('the limit that the database says counts for the phase that is running', async () => {
  const { phases } = start(600_000);
  const ended = phases.run('database', endless().work).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2_000);
  phases.setRunLimit(5_000);
  expect(phases.remainingMs()).toBe(3_000);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await ended).toMatchObject({ message: said('database', '5.0', '5.0') });
});

test("a limit of 0 is none but the function's, and none goes beyond that", async () => {
  for (const [wanted, limit] of [
    [0, 300_000],
    [400_000, 300_000],
    [200_000, 200_000],
  ] as const) {
    const { phases } = start(300_000);
    phases.setRunLimit(wanted);
    expect(phases.remainingMs()).toBe(limit);
  }
});

describe('a retry', () => {
  test("has time beyond the run's limit, which is kept for it", async () => {
    const { phases } = start(10_000, 5_000);
    expect(await givenUp(phases, 'database')).toBe(said('database', '5.0', '5.0'));
  });

  test('has no more than the function has', async () => {
    const { phases } = start(10_000, 5_000);
    await Promise.all([
      phases.run('database', endless().work).catch(() => undefined),
      vi.advanceTimersByTimeAsync(5_000),
    ]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await givenUp(phases, 'retry')).toBe(said('retry', '2.0', '5.0'));
  });

  test('has its own limit', async () => {
    expect(await givenUp(start(60_000, 5_000).phases, 'retry')).toBe(said('retry', '5.0', '55.0'));
  });
});

test('a phase for which nothing is left begins with a signal that is aborted', async () => {
  const { phases } = start(-500);
  let wasAborted: boolean | undefined;
  const ended = phases.run('credentials', async (signal) => {
    wasAborted = signal.aborted;
    signal.throwIfAborted();
  });
  await expect(ended).rejects.toMatchObject({ message: said('credentials', '0.0', '0.0') });
  expect(wasAborted).toBe(true);
});

test('what a phase took is kept, also where it failed, and the whole', async () => {
  const { phases, durationMs } = start(60_000);
  await Promise.all([
    phases.run('credentials', () => new Promise((done) => setTimeout(done, 40))),
    vi.advanceTimersByTimeAsync(40),
  ]);
  await Promise.all([
    phases
      .run('database', () => new Promise((_done, fail) => setTimeout(fail, 300)))
      .catch(() => undefined),
    vi.advanceTimersByTimeAsync(300),
  ]);
  phases.stop();
  expect(durationMs).toEqual({ credentials: 40, database: 300, total: 340 });
  expect(vi.getTimerCount()).toBe(0);
});
