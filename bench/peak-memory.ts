import { readFileSync } from 'node:fs';

/**
 * Preloaded into the process of a function: says at its end how much memory it had at the most, in kB, as Linux counts
 * it. What Node says of a forked process (`maxRSS`) has the one that it was forked from in it.
 */
process.on('exit', () => {
  const [, kB] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  process.stderr.write(`PEAK MEMORY ${kB} kB\n`);
});
