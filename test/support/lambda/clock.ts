import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Circumstances } from '../../../emulator/lambda/invoke.ts';

const SHIFT_CLOCK = join(import.meta.dirname, 'shift-clock.ts');

/** A clock of a function's process that differs from the machine's. */
export interface ShiftedClock {
  readonly circumstances: Pick<Circumstances, 'preload' | 'now'>;
  /** Variables of the function. */
  readonly environment: Readonly<Record<string, string>>;
  /** Moves the clock ahead of where it is, as while the process is frozen. In milliseconds. */
  jump(ms: number): void;
}

/** Makes a clock that is ahead of the machine's by `shiftMs`; behind it where that is negative. */
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
