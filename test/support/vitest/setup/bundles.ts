import type { TestProject } from 'vitest/node';
import type { Bundle, FunctionName } from '../../../../infra/bundle/bundle.ts';
import { resources } from '../resources.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The functions as they ship. */
    bundles: Readonly<Record<FunctionName, Bundle>>;
  }
}

/** Builds the functions as they ship. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('bundles', await resources.bundles.acquire());
  return () => resources.bundles.release();
}
