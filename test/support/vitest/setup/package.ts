import type { TestProject } from 'vitest/node';
import { type Packed, packPackage } from '../../package/pack.ts';
import { resources } from '../resources.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The package as npm would publish it. */
    packed: Packed;
  }
}

/** Builds the package with the functions that other tests use, and packs it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await resources.folder.acquire();
  const bundles = await resources.bundles.acquire();
  project.provide('packed', await packPackage(folder, Object.values(bundles)));
  return async () => {
    await resources.bundles.release();
    await resources.folder.release();
  };
}
