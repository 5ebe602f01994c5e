import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Returns the largest amount of memory (RSS, in bytes) that a running process has had so far, as the kernel counts it;
 * undefined where there is no `/proc`, or no such process.
 */
export function peakMemoryBytes(pid: number): number | undefined {
  try {
    const [, kB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kB === undefined ? undefined : Number(kB) * 1_024;
  } catch {
    return undefined;
  }
}

/** Lets the peak begin anew with the memory that the process has now, where the system can do that. */
export function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // No Linux, or nothing that may be written: the peak is that of the process's whole life.
  }
}
