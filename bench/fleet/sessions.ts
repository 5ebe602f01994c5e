import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetWorld, OpenSessions } from './world.ts';

const INTERVAL_MS = 5;

/** Counts running invocations, and their maximum since the previous reading. */
export class Gauge {
  #running = 0;
  #most = 0;

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#running += 1;
    this.#most = Math.max(this.#most, this.#running);
    try {
      return await work();
    } finally {
      this.#running -= 1;
    }
  }

  /** Returns the maximum since the previous call. */
  takeMost(): number {
    const most = this.#most;
    this.#most = this.#running;
    return most;
  }
}

/** Maximum numbers of sessions, transactions and running invocations over all samples. */
export interface SessionMaxima extends OpenSessions {
  readonly samples: number;
  /** Number of samples with more sessions than there were invocations at any moment of the sample. */
  readonly tooMany: number;
  readonly running: number;
}

/** Samples the open sessions of the reporting roles until the returned function is called. */
export function watchSessions(world: FleetWorld, gauge: Gauge): () => Promise<SessionMaxima> {
  let isRunning = true;
  const watch = async (): Promise<SessionMaxima> => {
    let maxima: SessionMaxima = {
      samples: 0,
      tooMany: 0,
      running: 0,
      sessions: 0,
      transactions: 0,
    };
    while (isRunning) {
      gauge.takeMost();
      const open = await world.openSessions();
      const running = gauge.takeMost();
      maxima = {
        samples: maxima.samples + 1,
        tooMany: maxima.tooMany + (open.sessions > running ? 1 : 0),
        running: Math.max(maxima.running, running),
        sessions: Math.max(maxima.sessions, open.sessions),
        transactions: Math.max(maxima.transactions, open.transactions),
      };
      await sleep(INTERVAL_MS);
    }
    return maxima;
  };
  const watching = watch();
  return () => {
    isRunning = false;
    return watching;
  };
}
