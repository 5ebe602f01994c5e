/** Preloaded into the process of a function: its clock is off by CLOCK_SHIFT_MS. */
const shiftMs = Number(process.env['CLOCK_SHIFT_MS']);
const RightDate = Date;

globalThis.Date = class extends RightDate {
  constructor(...parts: readonly unknown[]) {
    super(...((parts.length === 0 ? [RightDate.now() + shiftMs] : parts) as [number]));
  }

  static override now(): number {
    return RightDate.now() + shiftMs;
  }
} as DateConstructor;
