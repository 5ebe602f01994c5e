import type { TLSSocket } from 'node:tls';
import type { ErrorCode, RunError } from '../errors.ts';

/** What a run comes through until its report is ready, in this order. */
export const READING_STAGES = [
  'secret',
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

/** What it comes through from there until the first byte could be sent. */
export const ENDPOINT_STAGES = ['endpoint-dns', 'endpoint-tcp', 'proxy', 'endpoint-tls'] as const;

export type StageName = (typeof READING_STAGES)[number] | (typeof ENDPOINT_STAGES)[number];

export const WOULD_BE_SKIPPED = 'A run would be skipped.';

/** How one stage was found. `skipped` is one that this target does not need, or that its consent does not allow. */
export interface Stage {
  readonly stage: StageName;
  readonly status: 'ok' | 'failed' | 'skipped' | 'not reached';
  /** How long it took, or until it failed. */
  readonly ms?: number;
  readonly detail?: string;
  /** Of one that failed: what a run would fail with. */
  readonly code?: ErrorCode;
  /** What to do about one that failed, or that lets a run be skipped. */
  readonly remedy?: string;
}

/** Comes through the stages one after the other, with a stopwatch in its hand. */
export interface Walk {
  /** Milliseconds since the last of these, or since a stage was passed or failed. */
  lap(): number;
  /**
   * @param more.ms how long it took, where that is not the time since the last stage; null where nobody can tell
   */
  pass(
    stage: StageName,
    more?: Pick<Stage, 'detail' | 'remedy'> & { readonly ms?: number | null },
  ): void;
  skip(stage: StageName, detail: string): void;
  /** Skips every stage that is still ahead. */
  skipRest(detail: string): void;
  /**
   * @param stage the broken one; unless it is said, the first that is not behind us
   */
  fail(error: RunError, stage?: StageName): void;
  /** Takes back what is known of some stages, which are come through again. */
  again(stages: readonly StageName[]): void;
  isDone(stage: StageName): boolean;
  /** Every stage, in its order. */
  stages(): readonly Stage[];
}

/**
 * @param names the stages that there are, in their order
 */
export function createChecklist(names: readonly StageName[]): Walk {
  const found = new Map<StageName, Stage>();
  let since = performance.now();
  const lap = (): number => {
    const before = since;
    since = performance.now();
    return Math.round(since - before);
  };
  return {
    lap,
    pass(stage, { ms = lap(), ...more } = {}) {
      found.set(stage, { stage, status: 'ok', ...(ms !== null && { ms }), ...more });
    },
    skip(stage, detail) {
      found.set(stage, { stage, status: 'skipped', detail });
    },
    skipRest(detail) {
      for (const stage of names.filter((name) => !found.has(name))) {
        found.set(stage, { stage, status: 'skipped', detail });
      }
    },
    fail(
      { code, message, remedy },
      stage = names.find((name) => !found.has(name)) ?? names.at(-1),
    ) {
      if (stage === undefined) return;
      found.set(stage, { stage, status: 'failed', ms: lap(), detail: message, code, remedy });
    },
    again(stages) {
      for (const stage of stages) found.delete(stage);
      lap();
    },
    isDone: (stage) => found.has(stage),
    stages() {
      const broken = names.findIndex((name) => found.get(name)?.status === 'failed');
      const reached = broken === -1 ? names : names.slice(0, broken + 1);
      return names.map((stage) => {
        const one = reached.includes(stage) ? found.get(stage) : undefined;
        return one ?? { stage, status: 'not reached' };
      });
    },
  };
}

/** What two sides have agreed on: `TLSv1.3, certificate valid until 2027-01-02`. */
export function describeTls(socket: TLSSocket): string {
  const until = new Date(socket.getPeerCertificate().valid_to);
  const validity = Number.isNaN(until.getTime())
    ? ''
    : `, certificate valid until ${until.toISOString().slice(0, 10)}`;
  return `${socket.getProtocol()}${validity}`;
}
