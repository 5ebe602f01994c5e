import { configError, type ReadingTarget, type Target } from '../config/target.ts';
import { checkWorker, type WorkerSettings, type WorkerVariables } from '../config/worker-config.ts';
import type { Credentials } from '../credentials/parse-secret.ts';
import { withRotation } from '../credentials/rotation.ts';
import type { RunProgress } from '../run/run-record.ts';
import type { RunContext } from '../run/run-to-end.ts';
import type { FailedAnswer, WorkerAnswer, WorkerEvent } from './contract/answer.ts';
import type { WorkerRequest } from './contract/request.ts';
import { VERSIONS } from './contract/version.ts';
import { invalidAnswer } from './errors.ts';
import { type InvokingVariables, invokeWorker } from './invoke.ts';
import { parseAnswer, toRunErrorOf } from './verify-answer.ts';

/** Environment variables of a function that has a worker. */
export type AskingVariables = InvokingVariables & WorkerVariables;

/** Time for a cold start of the worker and for its answer, in milliseconds; at most a quarter of what is left. */
const MARGIN_MS = 5_000;
const LARGEST_SHARE = 0.25;

function toReadingTarget(target: Target): ReadingTarget {
  const { name, environment, tls, levelWhenUnset, reportSource, sizes, tickHours } = target;
  return { name, environment, tls, levelWhenUnset, reportSource, sizes, tickHours };
}

function withoutVersion({ ca, versionId: _, ...login }: Credentials): WorkerRequest['credentials'] {
  return { ...login, ...(ca !== undefined && { ca }) };
}

/** Whether the server has refused the first login, so that nothing was read or changed. */
function isFirstLoginRefused({ error, facts, change }: FailedAnswer): boolean {
  const isRefused = error.code === 'DATABASE_AUTHENTICATION';
  return isRefused && facts === undefined && change?.facts === undefined;
}

/** An answer, and the times of its events in milliseconds of `performance.now()`. */
export interface Received {
  readonly answer: WorkerAnswer;
  readonly timeOf: (type: WorkerEvent['type']) => number | undefined;
}

function eventsOf(answer: WorkerAnswer): readonly WorkerEvent[] {
  return answer.kind === 'change' ? [] : (answer.events ?? []);
}

/**
 * Converts an event to the progress of this run; undefined for facts and tick, which follow when they are checked.
 *
 * @throws RunError WORKER_ANSWER_INVALID
 */
function progressOf({ type, host, tls }: WorkerEvent): RunProgress | undefined {
  switch (type) {
    case 'facts-read':
    case 'due-decided':
      return undefined;
    case 'connection-started':
      if (host === undefined) throw invalidAnswer('an event has no host');
      return { type, host };
    case 'tls-established':
      if (tls === undefined) throw invalidAnswer('an event has no TLS');
      return { type, tls };
    default:
      return { type };
  }
}

/** Passes on durations and events. The worker's time ended when its answer arrived. */
function receive(answer: WorkerAnswer, sentAt: number, { deadline, emit }: RunContext): Received {
  const { total, ...phases } = answer.durationMs;
  deadline.include(phases);
  const startedAt = Math.max(sentAt, performance.now() - total);
  emit({ type: 'worker-answered' }, startedAt);
  const events = eventsOf(answer);
  for (const event of events) {
    const progress = progressOf(event);
    if (progress !== undefined) emit(progress, startedAt + event.ms);
  }
  return {
    answer,
    timeOf(type) {
      const found = events.findLast((event) => event.type === type);
      return found && startedAt + found.ms;
    },
  };
}

/** @throws RunError CONFIG_INVALID */
function parseWorker(variables: AskingVariables): WorkerSettings {
  const problems: string[] = [];
  const worker = checkWorker(variables, problems);
  if (worker === undefined || problems.length > 0) throw configError(problems);
  return worker;
}

/**
 * Reads the credentials, and invokes the worker with them. After a refused login it reads the secret again, which may have
 * been rotated, and invokes the worker once more.
 *
 * @returns the answer, whose form is checked and whose content is not
 * @throws RunError SECRET_*, WORKER_*, DATABASE_AUTHENTICATION, TIME_LIMIT
 */
export async function askWorker(
  operation: WorkerRequest['operation'],
  target: Target,
  variables: AskingVariables,
  context: RunContext,
): Promise<Received> {
  const { deadline, emit } = context;
  const worker = parseWorker(variables);
  const secrets = context.secretsOf(target);
  const credentials = await deadline.run('credentials', (signal) =>
    secrets.read('AWSCURRENT', signal),
  );
  emit({ type: 'credentials-read', versionId: credentials.versionId });
  const ask = async (version: Credentials, signal: AbortSignal): Promise<Received> => {
    const sentAt = performance.now();
    const remainingMs = Math.max(0, deadline.remainingMs());
    const request: WorkerRequest = {
      ...VERSIONS,
      target: toReadingTarget(target),
      credentials: withoutVersion(version),
      operation,
      spentMs: Math.round(deadline.elapsedMs()),
      limitMs: Math.round(remainingMs - Math.min(MARGIN_MS, remainingMs * LARGEST_SHARE)),
    };
    const answer = parseAnswer(await invokeWorker(request, worker, variables, signal));
    const received = receive(answer, sentAt, context);
    if (answer.kind === 'error' && isFirstLoginRefused(answer)) throw toRunErrorOf(answer);
    return received;
  };
  return deadline.run('worker', (signal) =>
    withRotation(credentials, secrets, signal, (version) => ask(version, signal)),
  );
}
