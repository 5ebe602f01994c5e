import { inject } from 'vitest';
import {
  startWarm,
  type WarmFunction,
  type WarmInvocation,
} from '../../../bench/warm/warm-lambda.ts';
import { startWorld, type World } from '../run/world.ts';
import { Arrivals, checkLines, checkResult, MEMORY_LIMIT_BYTES, parseLine } from './rules.ts';
import { HOSTILE_PASSWORD, type HostileServer, type Play, startHostileServer } from './server.ts';

/** The run itself has 500 ms of this; 1,500 ms are reserved for the summary line. */
const TIME_LIMIT_MS = 2_000;
/** The end of a run. */
interface Ended {
  /** Violations of the rules that hold for every server. */
  readonly problems: readonly string[];
  /** The summary line, where there is one. */
  readonly summary: Readonly<Record<string, unknown>>;
  readonly maxMemoryBytes: number;
  readonly tookMs: number;
}

/** The end of the last attempt at a run. */
export interface Tried extends Ended {
  readonly attempts: number;
}

/** Time between the function's time limit and the kill of its process, in milliseconds. */
const GRACE_MS = 3_000;

/** A process of the function, with its own server, Secrets Manager and endpoint. */
interface Slot {
  readonly world: World;
  readonly server: HostileServer;
  readonly arrivals: Arrivals;
  warm: WarmFunction | undefined;
  /** Number of runs in this process. */
  runs: number;
  /** Name of the previous play: a process may also end after its answer. */
  before: string;
}

export interface PoolOptions {
  /** The function's time limit. */
  readonly timeLimitMs?: number;
  /** Starts a new process for each run, so that the memory of earlier runs is not counted. */
  readonly isCold?: boolean;
}

/** Processes of the shipped send-report, each with its own hostile server. */
export interface HostilePool extends AsyncDisposable {
  /** Runs the function against a hostile server: once, or again after a run that exceeded its time limit. */
  run(play: Play): Promise<Tried>;
}

async function startSlot(stack: AsyncDisposableStack): Promise<Slot> {
  const server = stack.use(await startHostileServer());
  const secret = JSON.stringify({ username: 'reporter', password: HOSTILE_PASSWORD });
  const world = stack.use(await startWorld({ secret }));
  return {
    server,
    world,
    arrivals: new Arrivals(world.endpoint),
    warm: undefined,
    runs: 0,
    before: '',
  };
}

async function stop(slot: Slot): Promise<void> {
  await slot.warm?.[Symbol.asyncDispose]();
  slot.warm = undefined;
  slot.runs = 0;
}

/** Runs the function in a new process, and checks that the process survives its answer. */
async function invokeCold(slot: Slot, play: Play, timeLimitMs: number): Promise<Ended> {
  await stop(slot);
  const ended = await invoke(slot, play, timeLimitMs);
  try {
    await slot.warm?.weigh();
  } catch (error) {
    return { ...ended, problems: [...ended.problems, String(error)] };
  }
  return ended;
}

/** Repeats a run that exceeds the memory limit in a new process, because garbage of earlier runs counts in this one. */
async function invokeWarm(slot: Slot, play: Play, timeLimitMs: number): Promise<Ended> {
  const ended = await invoke(slot, play, timeLimitMs);
  if (slot.runs <= 1 || ended.maxMemoryBytes < MEMORY_LIMIT_BYTES) return ended;
  return invokeCold(slot, play, timeLimitMs);
}

/** Whether the process ended instead of an answer, as Lambda names that. */
function hasEnded(invocation: WarmInvocation): boolean {
  return 'error' in invocation && /^(Runtime|Sandbox)\./.test(invocation.error.name);
}

async function invoke(slot: Slot, play: Play, timeLimitMs: number): Promise<Ended> {
  const { world, server, before } = slot;
  const file = inject('bundles')['send-report'].file;
  slot.warm ??= await startWarm(file, {}, { timeLimitMs, graceMs: GRACE_MS });
  server.setPlay(play);
  slot.before = play.name;
  try {
    const invocation = await slot.warm.invoke(
      { ignoreSchedule: true },
      {
        ...world.environment({
          target: { host: '127.0.0.1', port: server.port, database: 'metrics' },
        }),
        AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
        ...play.environment,
      },
    );
    slot.runs += 1;
    if (hasEnded(invocation)) await stop(slot);
    const summary = invocation.log.map(parseLine).find((line) => line && 'outcome' in line) ?? {};
    const { maxMemoryBytes = Number.NaN, tookMs = Number.NaN } = invocation;
    const problems = [
      ...checkLines(invocation),
      ...checkResult(invocation, summary, timeLimitMs),
      ...(play.environment?.['DELIVERY'] === undefined ? slot.arrivals.check(summary) : []),
    ];
    return { problems, summary, maxMemoryBytes, tookMs };
  } catch (error) {
    await stop(slot);
    const problem = `${error instanceof Error ? error.message : error} (before: ${before})`;
    return { problems: [problem], summary: {}, maxMemoryBytes: Number.NaN, tookMs: Number.NaN };
  }
}

/**
 * Maximum number of attempts at a run. A busy machine may hold a process back for longer than the reserve of the summary
 * line, which is the product's own and does not scale; a function that cannot end in time exceeds its limit in each attempt.
 */
const ATTEMPTS = 3;

/** Starts the servers. A process starts with its first run, and again after it has ended. */
export async function startHostilePool(
  processes: number,
  { timeLimitMs = TIME_LIMIT_MS, isCold = false }: PoolOptions = {},
): Promise<HostilePool> {
  const stack = new AsyncDisposableStack();
  const slots: Slot[] = [];
  for (let i = 0; i < processes; i += 1) slots.push(await startSlot(stack));
  const free = [...slots];
  const waiting: ((slot: Slot) => void)[] = [];
  const take = async (): Promise<Slot> =>
    free.pop() ?? new Promise((resolve) => waiting.push(resolve));
  const giveBack = (slot: Slot): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(slot);
    else next(slot);
  };
  return {
    async run(play) {
      const slot = await take();
      try {
        let ended = await (isCold ? invokeCold : invokeWarm)(slot, play, timeLimitMs);
        let attempts = 1;
        for (; ended.tookMs >= timeLimitMs && attempts < ATTEMPTS; attempts += 1) {
          ended = await invokeCold(slot, play, timeLimitMs);
        }
        return { ...ended, attempts };
      } finally {
        giveBack(slot);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(slots.map(stop));
      await stack.disposeAsync();
    },
  };
}
