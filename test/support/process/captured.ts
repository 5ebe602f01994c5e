import { vi } from 'vitest';

/** Returns the text that `work` writes to stdout and stderr of this process, and suppresses it. */
export function captured(work: () => void): string {
  const chunks: string[] = [];
  const collect = (chunk: unknown): boolean => {
    chunks.push(String(chunk));
    return true;
  };
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(collect),
  );
  try {
    work();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return chunks.join('');
}
