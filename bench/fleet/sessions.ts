import { setTimeout as sleep } from 'node:timers/promises';
import type { FleetWorld, OpenSessions } from './world.ts';

const INTERVAL_MS = 5;

/** How many invocations are running, and the most there were since somebody asked. */
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

  /** The most since the last time this was called. */
  takeMost(): number {
    const most = this.#most;
    this.#most = this.#running;
    return most;
  }
}

/** What was seen while the server was looked at. */
export interface Watched extends OpenSessions {
  readonly looks: number;
  /** Looks that found more sessions than there were invocations at any moment of the look. */
  readonly tooMany: number;
  readonly running: number;
}

/** Looks at the server again and again until told to stop: what the reporting roles have open, at the most. */
export function watchSessions(world: FleetWorld, gauge: Gauge): () => Promise<Watched> {
  let isWanted = true;
  const watch = async (): Promise<Watched> => {
    let seen: Watched = { looks: 0, tooMany: 0, running: 0, sessions: 0, transactions: 0 };
    while (isWanted) {
      gauge.takeMost();
      const open = await world.openSessions();
      const running = gauge.takeMost();
      seen = {
        looks: seen.looks + 1,
        tooMany: seen.tooMany + (open.sessions > running ? 1 : 0),
        running: Math.max(seen.running, running),
        sessions: Math.max(seen.sessions, open.sessions),
        transactions: Math.max(seen.transactions, open.transactions),
      };
      await sleep(INTERVAL_MS);
    }
    return seen;
  };
  const watching = watch();
  return () => {
    isWanted = false;
    return watching;
  };
}
