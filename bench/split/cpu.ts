import { readdir, readFile } from 'node:fs/promises';

/** Returns the CPU time of the running threads of a process in milliseconds; NaN without /proc. Source: proc(5). */
export async function cpuMsOf(pid: number): Promise<number> {
  try {
    const folder = `/proc/${pid}/task`;
    const threads = await readdir(folder);
    const times = await Promise.all(
      threads.map((thread) => readFile(`${folder}/${thread}/schedstat`, 'utf8')),
    );
    // The first field is the time on a processor, in nanoseconds.
    return times.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
  } catch {
    return Number.NaN;
  }
}
