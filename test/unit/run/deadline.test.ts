import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Durations } from '../../../lib/run/deadline.ts';
import { createDeadline } from '../../../lib/run/deadline.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Creates work that never ends, and records whether its signal was aborted. */
function endless() {
  let wasAborted = false;
  const work = (signal: AbortSignal): Promise<never> => {
    signal.addEventListener('abort', () => {
      wasAborted = true;
    });
    return new Promise(() => undefined);
  };
  return { work, wasAborted: () => wasAborted };
}

function start(functionMs: number, retryMs = 0, recordMs = 0) {
  const durationMs: Durations = {};
  return { durationMs, deadline: createDeadline(durationMs, functionMs, { retryMs, recordMs }) };
}

type Deadline = ReturnType<typeof createDeadline>;

/** Returns the message of a phase that never ends. */
async function messageAfterLimit(
  deadline: Deadline,
  ...[phase, reserveMs]: [Parameters<Deadline['run']>[0], number?]
): Promise<string> {
  const { work, wasAborted } = endless();
  const ended = deadline.run(phase, work, reserveMs).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1_000_000);
  const error = await ended;
  expect(error).toMatchObject({ code: 'TIME_LIMIT', retryable: true });
  expect(wasAborted()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
  return error instanceof Error ? error.message : String(error);
}

const timeLimit = (phase: string, limit: string, run: string): string =>
  `The phase "${phase}" exceeded its time limit of ${limit} s; the limit of the run is ${run} s.`;

describe('the error of a phase names its limit:', () => {
  test.each([
    ['credentials', '20.0'],
    ['connection', '45.0'],
    ['delivery', '20.0'],
  ] as const)('%s: its own limit', async (phase, limit) => {
    expect(await messageAfterLimit(start(600_000).deadline, phase)).toBe(
      timeLimit(phase, limit, '100.0'),
    );
  });

  test.each(['database', 'change'] as const)(
    'the limit of the run, for the phase %s',
    async (phase) => {
      expect(await messageAfterLimit(start(600_000).deadline, phase)).toBe(
        timeLimit(phase, '100.0', '100.0'),
      );
    },
  );

  test("the function's limit, if it is lower", async () => {
    expect(await messageAfterLimit(start(8_000).deadline, 'credentials')).toBe(
      timeLimit('credentials', '8.0', '8.0'),
    );
  });

  test('the limit of the run less the time reserved for later phases', async () => {
    expect(await messageAfterLimit(start(600_000).deadline, 'database', 15_000)).toBe(
      timeLimit('database', '85.0', '100.0'),
    );
  });

  test('three quarters of the run, if more than a quarter is reserved', async () => {
    expect(await messageAfterLimit(start(8_000).deadline, 'database', 15_000)).toBe(
      timeLimit('database', '6.0', '8.0'),
    );
  });

  test('the time that earlier phases have left', async () => {
    const { deadline } = start(30_000);
    await Promise.all([
      deadline.run('credentials', () => new Promise((done) => setTimeout(done, 19_000))),
      vi.advanceTimersByTimeAsync(19_000),
    ]);
    expect(await messageAfterLimit(deadline, 'connection')).toBe(
      timeLimit('connection', '11.0', '30.0'),
    );
  });
});

test('applies a new limit of the run to the phase that is running', async () => {
  const { deadline } = start(600_000);
  const ended = deadline.run('database', endless().work).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(2_000);
  deadline.setRunLimit(5_000);
  expect(deadline.remainingMs()).toBe(3_000);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await ended).toMatchObject({ message: timeLimit('database', '5.0', '5.0') });
});

test("leaves only the function's timeout with a limit of 0, and never exceeds that timeout", async () => {
  for (const [wanted, limit] of [
    [0, 300_000],
    [400_000, 300_000],
    [200_000, 200_000],
  ] as const) {
    const { deadline } = start(300_000);
    deadline.setRunLimit(wanted);
    expect(deadline.remainingMs()).toBe(limit);
  }
});

describe('the phase of a retry', () => {
  test('has reserved time beyond the limit of the run', async () => {
    const { deadline } = start(10_000, 5_000);
    expect(await messageAfterLimit(deadline, 'database')).toBe(timeLimit('database', '5.0', '5.0'));
  });

  test('ends with the time of the function', async () => {
    const { deadline } = start(10_000, 5_000);
    await Promise.all([
      deadline.run('database', endless().work).catch(() => undefined),
      vi.advanceTimersByTimeAsync(5_000),
    ]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await messageAfterLimit(deadline, 'retry')).toBe(timeLimit('retry', '2.0', '5.0'));
  });

  test('has its own limit', async () => {
    expect(await messageAfterLimit(start(60_000, 5_000).deadline, 'retry')).toBe(
      timeLimit('retry', '5.0', '55.0'),
    );
  });
});

describe('the phase of the record', () => {
  test('has reserved time after that of a retry', async () => {
    const { deadline } = start(12_000, 5_000, 3_000);
    expect(await messageAfterLimit(deadline, 'database')).toBe(timeLimit('database', '4.0', '4.0'));
  });

  test('keeps its time when a retry begins late', async () => {
    const { deadline } = start(12_000, 5_000, 3_000);
    await vi.advanceTimersByTimeAsync(6_000);
    await Promise.all([
      expect(deadline.run('retry', endless().work)).rejects.toMatchObject({
        message: timeLimit('retry', '3.0', '4.0'),
      }),
      vi.advanceTimersByTimeAsync(5_000),
    ]);
    expect(await messageAfterLimit(deadline, 'record')).toBe(timeLimit('record', '1.0', '4.0'));
  });

  test('has its own limit', async () => {
    expect(await messageAfterLimit(start(60_000, 0, 3_000).deadline, 'record')).toBe(
      timeLimit('record', '3.0', '57.0'),
    );
  });
});

test('starts a phase that has no time left with an aborted signal', async () => {
  const { deadline } = start(-500);
  let wasAborted: boolean | undefined;
  const ended = deadline.run('credentials', async (signal) => {
    wasAborted = signal.aborted;
    signal.throwIfAborted();
  });
  await expect(ended).rejects.toMatchObject({ message: timeLimit('credentials', '0.0', '0.0') });
  expect(wasAborted).toBe(true);
});

describe('an interruption', () => {
  const interruptible = () => {
    const controller = new AbortController();
    const deadline = createDeadline({}, 60_000, { recordMs: 3_000 }, controller.signal);
    return { deadline, interrupt: () => controller.abort() };
  };

  test.each([
    ['credentials', 'Nothing was read or sent.'],
    ['connection', 'The connection was closed. Nothing was read or sent.'],
    ['database', 'The connection was closed. Nothing was sent or changed.'],
  ] as const)('ends the phase %s at once', async (phase, effect) => {
    const { deadline, interrupt } = interruptible();
    const { work, wasAborted } = endless();
    const ended = deadline.run(phase, work).catch((error: unknown) => error);
    interrupt();
    expect(await ended).toMatchObject({
      code: 'INTERRUPTED',
      retryable: true,
      message: `The process was asked to end (SIGTERM or SIGINT) before the end of the phase "${phase}".`,
      remedy: `Run the command again. ${effect}`,
    });
    expect(wasAborted()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(['delivery', 'record'] as const)(
    'does not end the phase %s, which has begun',
    async (phase) => {
      const { deadline, interrupt } = interruptible();
      const ended = deadline.run(
        phase,
        () => new Promise((done) => setTimeout(done, 1_000, 'done')),
      );
      interrupt();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await ended).toBe('done');
    },
  );

  test('prevents a delivery that has not begun', async () => {
    const { deadline, interrupt } = interruptible();
    interrupt();
    let wasAborted: boolean | undefined;
    const ended = deadline.run('delivery', async (signal) => {
      wasAborted = signal.aborted;
      signal.throwIfAborted();
    });
    await expect(ended).rejects.toMatchObject({
      code: 'INTERRUPTED',
      remedy: 'Run the command again. Nothing was sent.',
    });
    expect(wasAborted).toBe(true);
  });

  test('leaves the record its time', async () => {
    const { deadline, interrupt } = interruptible();
    interrupt();
    expect(await deadline.run('record', async (signal) => signal.aborted)).toBe(false);
  });
});

test('records the duration of each phase, failed phases included, and of the run', async () => {
  const { deadline, durationMs } = start(60_000);
  await Promise.all([
    deadline.run('credentials', () => new Promise((done) => setTimeout(done, 40))),
    vi.advanceTimersByTimeAsync(40),
  ]);
  await Promise.all([
    deadline
      .run('database', () => new Promise((_done, fail) => setTimeout(fail, 300)))
      .catch(() => undefined),
    vi.advanceTimersByTimeAsync(300),
  ]);
  deadline.stop();
  expect(durationMs).toEqual({ credentials: 40, database: 300, total: 340 });
  expect(vi.getTimerCount()).toBe(0);
});
