import { vi } from 'vitest';

/** What is written to stdout and stderr by this process meanwhile; nothing of it comes out. */
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
