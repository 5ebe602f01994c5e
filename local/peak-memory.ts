import { readFileSync, writeFileSync } from 'node:fs';

/**
 * The most memory that this process has had at one time, in bytes. On Linux as the kernel counts it, because what Node says
 * of a forked process (`maxRSS`) has the one that it was forked from in it.
 */
export function peakMemoryBytes(): number {
  try {
    const [, kB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    if (kB !== undefined) return Number(kB) * 1_024;
  } catch {
    // No Linux, or nothing that may be read.
  }
  return process.resourceUsage().maxRSS * 1_024;
}

/** Lets the peak begin anew with the memory that the process has now, where the system can do that. */
export function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // No Linux, or nothing that may be written: the peak is that of the process's whole life.
  }
}
