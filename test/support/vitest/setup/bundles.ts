import type { TestProject } from 'vitest/node';
import { resources } from '../resources.ts';

/** Builds the functions as they ship. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  project.provide('bundles', await resources.bundles.acquire());
  return () => resources.bundles.release();
}
