import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { resources } from '../resources.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder for files of tests; removed after the last test. */
    folder: string;
  }
}

/**
 * Makes the folder for files of tests. All processes that the tests start keep compiled code in it, because removing types
 * and compiling take a third of a short process's CPU time.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await resources.folder.acquire();
  process.env['NODE_COMPILE_CACHE'] ??= join(folder, 'compiled-code');
  project.provide('folder', folder);
  return () => resources.folder.release();
}
