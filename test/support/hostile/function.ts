import { createHash } from 'node:crypto';
import { inject } from 'vitest';
import { startWarm, type WarmFunction, type WarmInvocation } from '../../../bench/warm-lambda.ts';
import { startWorld, type World } from '../world.ts';
import { HOSTILE_PASSWORD, type HostileServer, type Play, startHostileServer } from './server.ts';

/** A run has half a second of it: the rest is kept for the summary line. */
export const TIME_LIMIT_MS = 2_000;
/** What the issue allows; the function that is deployed has 256 MB. */
const MEMORY_LIMIT_BYTES = 200_000_000;
/** CloudWatch takes more, but nobody reads it. */
const LINE_LIMIT_BYTES = 16_384;

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function checkLines({ log }: WarmInvocation): string[] {
  const lines = log.map(parse);
  const summaries = lines.filter((line) => line !== undefined && 'outcome' in line).length;
  const metrics = lines.filter((line) => line !== undefined && '_aws' in line).length;
  const others = log.length - summaries - metrics;
  const longest = Math.max(0, ...log.map((line) => Buffer.byteLength(line)));
  return [
    ...(summaries === 1 ? [] : [`${summaries} summary lines`]),
    ...(metrics === 1 ? [] : [`${metrics} lines of metrics`]),
    ...(others === 0 ? [] : [`${others} other lines: ${log.join('\n').slice(0, 500)}`]),
    ...(longest <= LINE_LIMIT_BYTES ? [] : [`a line of ${longest} bytes`]),
  ];
}

function checkResult(
  invocation: WarmInvocation,
  summary: Readonly<Record<string, unknown>>,
  timeLimitMs: number,
): string[] {
  const { tookMs = Number.NaN, maxMemoryBytes = Number.NaN } = invocation;
  const isFailed = summary['outcome'] === 'failed';
  const name = 'error' in invocation ? invocation.error.name : undefined;
  const code: unknown = Object(summary['error']).code;
  return [
    ...(name === (isFailed ? 'RunError' : undefined) ? [] : [`the result is ${name}`]),
    // It says that this is a defect of ours.
    ...(code === 'INTERNAL' ? [`INTERNAL: ${JSON.stringify(summary)}`] : []),
    ...(tookMs < timeLimitMs ? [] : [`took ${tookMs.toFixed(0)} ms`]),
    ...(maxMemoryBytes < MEMORY_LIMIT_BYTES ? [] : [`had ${(maxMemoryBytes / 1e6).toFixed(0)} MB`]),
  ];
}

/** What arrived is what the line says has left, and nothing else. */
function checkPosted(
  posted: readonly Buffer[],
  { receipt, report }: Readonly<Record<string, unknown>>,
): string[] {
  const arrived = posted.map((body) => createHash('sha256').update(body).digest('hex'));
  const left: readonly unknown[] = receipt === undefined ? [] : [Object(report).sha256];
  const isSame = arrived.length === left.length && arrived.every((sha256, i) => sha256 === left[i]);
  return isSame ? [] : [`${arrived.length} reports arrived, ${left.length} have left`];
}

/** How a run ended. */
export interface Ended {
  /** What is not as it must be, whatever the server says. */
  readonly problems: readonly string[];
  /** The summary line, where there is one. */
  readonly summary: Readonly<Record<string, unknown>>;
  readonly maxMemoryBytes: number;
  readonly tookMs: number;
}

/** Where a function runs: a process that stays, with a world of its own. */
interface Slot {
  readonly world: World;
  readonly server: HostileServer;
  warm: WarmFunction | undefined;
  /** What it was played before, since a process may end after its answer. */
  before: string;
}

export interface PoolOptions {
  /** The function's time limit. */
  readonly timeLimitMs?: number;
  /** Each run has a process of its own, so that its memory is not that of the runs before. */
  readonly isCold?: boolean;
}

/** The function as it ships, kept warm in processes that have a hostile server each. */
export interface HostilePool extends AsyncDisposable {
  /** Runs the function once on a server that says something else than it should. */
  run(play: Play): Promise<Ended>;
}

async function startSlot(stack: AsyncDisposableStack): Promise<Slot> {
  const server = stack.use(await startHostileServer());
  return { server, world: stack.use(await startWorldOf(server.port)), warm: undefined, before: '' };
}

function startWorldOf(port: number): Promise<World> {
  const login = { username: 'reporter', password: HOSTILE_PASSWORD };
  return startWorld({
    secret: JSON.stringify({ host: '127.0.0.1', port, dbname: 'metrics', ...login }),
  });
}

async function stop(slot: Slot): Promise<void> {
  await slot.warm?.[Symbol.asyncDispose]();
  slot.warm = undefined;
}

/** Whether the process ended instead of an answer, as Lambda names that. */
function hasEnded(invocation: WarmInvocation): boolean {
  return 'error' in invocation && /^(Runtime|Sandbox)\./.test(invocation.error.name);
}

async function invoke(
  slot: Slot,
  play: Play,
  { timeLimitMs = TIME_LIMIT_MS, isCold = false }: PoolOptions,
): Promise<Ended> {
  const { world, server } = slot;
  const file = inject('bundles')['send-report'].file;
  const variables = { AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url };
  if (isCold) await stop(slot);
  slot.warm ??= await startWarm(file, variables, { timeLimitMs });
  server.setPlay(play);
  const already = world.endpoint.reports.length;
  const { before } = slot;
  slot.before = play.name;
  try {
    const invocation = await slot.warm.invoke({ ignoreSchedule: true }, world.environment());
    const summary = invocation.log.map(parse).find((line) => line && 'outcome' in line) ?? {};
    if (hasEnded(invocation)) await stop(slot);
    const posted = world.endpoint.reports.slice(already).map(({ body }) => body);
    const { maxMemoryBytes = Number.NaN, tookMs = Number.NaN } = invocation;
    const problems = [
      ...checkLines(invocation),
      ...checkResult(invocation, summary, timeLimitMs),
      ...checkPosted(posted, summary),
    ];
    return { problems, summary, maxMemoryBytes, tookMs };
  } catch (error) {
    await stop(slot);
    const problem = `${error instanceof Error ? error.message : error} (before: ${before})`;
    return { problems: [problem], summary: {}, maxMemoryBytes: Number.NaN, tookMs: Number.NaN };
  }
}

/** Starts nothing yet but the servers: a process is started when it is needed, and again when it has ended. */
export async function startHostilePool(
  processes: number,
  options: PoolOptions = {},
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
        return await invoke(slot, play, options);
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
