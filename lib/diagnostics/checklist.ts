import type { ErrorCode, RunError } from '../errors.ts';
import type { TlsDetails } from '../postgres/socket.ts';

/** The stages of a run until its report is built, in this order. `worker` is one of a function with a worker. */
export const READING_STAGES = [
  'secret',
  'worker',
  'dns',
  'tcp',
  'tls',
  'login',
  'privileges',
  'extension',
  'level',
  'job',
  'report',
] as const;

/** The stages from there until the first byte of the report could be sent. */
export const ENDPOINT_STAGES = ['endpoint-dns', 'endpoint-tcp', 'proxy', 'endpoint-tls'] as const;

export type StageName = (typeof READING_STAGES)[number] | (typeof ENDPOINT_STAGES)[number];

export const WOULD_BE_SKIPPED = 'A run would be skipped.';

/** The result of one stage. `skipped`: this target does not need the stage, or its consent does not allow it. */
export interface Stage {
  readonly stage: StageName;
  readonly status: 'ok' | 'failed' | 'skipped' | 'not-reached';
  /** Duration until the stage passed or failed. */
  readonly ms?: number;
  readonly detail?: string;
  /** For a failed stage: the code of the error that a run would fail with. */
  readonly code?: ErrorCode;
  /** Remedy for a failed stage, or for a stage because of which a run would be skipped. */
  readonly remedy?: string;
}

/** The stages of a check with their results so far, and a stopwatch. */
export interface Checklist {
  /**
   * Returns the milliseconds since the last call, or since a stage passed or failed, and restarts the stopwatch.
   *
   * @param at the time that counts, in milliseconds of `performance.now()`; now by default
   */
  elapsed(at?: number): number;
  /**
   * Marks a stage as passed.
   *
   * @param more.ms its duration, by default the elapsed time; null when it is not known
   * @param more.at when it passed, as in elapsed()
   */
  pass(
    stage: StageName,
    more?: Pick<Stage, 'detail' | 'remedy'> & {
      readonly ms?: number | null;
      readonly at?: number | undefined;
    },
  ): void;
  skip(stage: StageName, detail: string): void;
  /** Skips every stage that has no result yet. */
  skipRest(detail: string): void;
  /**
   * Marks a stage as failed.
   *
   * @param stage by default the first one without a result
   */
  fail(error: RunError, stage?: StageName): void;
  /** Removes the results of stages that start again, and restarts the stopwatch. */
  reset(stages: readonly StageName[], at?: number): void;
  /** Whether the stage has a result. */
  isDone(stage: StageName): boolean;
  /** Returns every stage, in order. */
  stages(): readonly Stage[];
}

/** @param names the stages of this check, in order */
export function createChecklist(names: readonly StageName[]): Checklist {
  const results = new Map<StageName, Stage>();
  let since = performance.now();
  const elapsed = (at = performance.now()): number => {
    const before = since;
    since = Math.max(before, at);
    return Math.round(since - before);
  };
  return {
    elapsed,
    pass(stage, { at, ms = elapsed(at), ...more } = {}) {
      results.set(stage, { stage, status: 'ok', ...(ms !== null && { ms }), ...more });
    },
    skip(stage, detail) {
      results.set(stage, { stage, status: 'skipped', detail });
    },
    skipRest(detail) {
      for (const stage of names.filter((name) => !results.has(name))) {
        results.set(stage, { stage, status: 'skipped', detail });
      }
    },
    fail(
      { code, message, remedy },
      stage = names.find((name) => !results.has(name)) ?? names.at(-1),
    ) {
      if (stage === undefined) return;
      results.set(stage, { stage, status: 'failed', ms: elapsed(), detail: message, code, remedy });
    },
    reset(stages, at) {
      for (const stage of stages) results.delete(stage);
      elapsed(at);
    },
    isDone: (stage) => results.has(stage),
    stages() {
      const failed = names.findIndex((name) => results.get(name)?.status === 'failed');
      const reached = failed === -1 ? names : names.slice(0, failed + 1);
      return names.map((stage) => {
        const result = reached.includes(stage) ? results.get(stage) : undefined;
        return result ?? { stage, status: 'not-reached' };
      });
    },
  };
}

/** Describes a TLS connection: `TLSv1.3, certificate valid until 2027-01-02`. */
export function describeTls({ protocol, certificateValidTo }: TlsDetails): string {
  const until = new Date(certificateValidTo);
  const validity = Number.isNaN(until.getTime())
    ? ''
    : `, certificate valid until ${until.toISOString().slice(0, 10)}`;
  return `${protocol}${validity}`;
}
