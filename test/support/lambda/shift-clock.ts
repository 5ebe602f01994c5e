import { readFileSync } from 'node:fs';

/**
 * Preloaded into the process of a function: its clocks are ahead of the machine's by the number of milliseconds in the file
 * CLOCK_SHIFT_FILE, which may change while the process runs (see clock.ts).
 */
const file = process.env['CLOCK_SHIFT_FILE'] ?? '';
const RightDate = Date;
const monotonic = performance.now.bind(performance);

function shiftMs(): number {
  return Number(readFileSync(file, 'utf8'));
}

globalThis.Date = class extends RightDate {
  constructor(...parts: readonly unknown[]) {
    super(...((parts.length === 0 ? [RightDate.now() + shiftMs()] : parts) as [number]));
  }

  static override now(): number {
    return RightDate.now() + shiftMs();
  }
} as DateConstructor;

performance.now = () => monotonic() + shiftMs();
