import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Circumstances } from '../../../emulator/lambda/invoke.ts';

const SHIFT_CLOCK = join(import.meta.dirname, 'shift-clock.ts');

/** The clock of a function's process, which differs from the machine's. */
export interface ShiftedClock {
  readonly circumstances: Pick<Circumstances, 'preload' | 'now'>;
  /** Variables of the function. */
  readonly environment: Readonly<Record<string, string>>;
  /** Moves the clock forward by `ms` milliseconds, as time passes while a process is frozen. */
  jump(ms: number): void;
}

/** Creates a clock that is `shiftMs` milliseconds ahead of the machine's, or behind it if `shiftMs` is negative. */
export function shiftClock(shiftMs = 0): ShiftedClock {
  const file = join(inject('folder'), `clock-${randomUUID()}`);
  let shift = 0;
  const jump = (ms: number): void => {
    shift += ms;
    writeFileSync(file, String(shift));
  };
  jump(shiftMs);
  return {
    circumstances: { preload: [SHIFT_CLOCK], now: () => Date.now() + shift },
    environment: { CLOCK_SHIFT_FILE: file },
    jump,
  };
}
