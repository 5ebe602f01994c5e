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
 * Returns the largest amount of memory (RSS, in bytes) that a running process has had so far, as Linux counts it; elsewhere
 * what it has now. Undefined for a process that has ended.
 */
export function peakMemoryBytes(pid: number): number | undefined {
  try {
    const kB = process.platform === 'linux' ? peakMemoryKb(pid) : presentMemoryKb(pid);
    return Number.isNaN(kB) ? undefined : kB * 1_024;
  } catch {
    return undefined;
  }
}

/** Starts the peak of a process anew with the memory that it has now; without effect where the system cannot do that. */
export function resetPeakMemory(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not Linux, no permission, or the process has ended.
  }
}
