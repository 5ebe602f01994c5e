import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

function presentMemoryKb(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}

function peakMemoryKb(pid: number): number {
  const [, kB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kB);
}

/**
 * Returns the peak memory (RSS, in bytes) of a running process on Linux, and its present memory on other systems. Returns
 * undefined for a process that has ended.
 */
export function peakMemoryBytes(pid: number): number | undefined {
  try {
    const kB = process.platform === 'linux' ? peakMemoryKb(pid) : presentMemoryKb(pid);
    return Number.isNaN(kB) ? undefined : kB * 1_024;
  } catch {
    return undefined;
  }
}

/** Resets the peak memory of a process to its present memory. Has no effect on systems other than Linux. */
export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // The system is not Linux, the file cannot be written, or the process has ended.
  }
}
