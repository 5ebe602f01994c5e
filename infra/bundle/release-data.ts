import { pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';

/**
 * Replaces `data/release-data.ts` by its value. A bundle has the few kilobytes that the version check needs, and neither the
 * sources and dates of the data nor the code that checks it.
 */
export const evaluatedReleaseData: Plugin = {
  name: 'evaluated-release-data',
  setup({ onLoad }) {
    onLoad({ filter: /\/data\/release-data\.ts$/ }, async ({ path }) => {
      const { RELEASE_DATA } = await import(pathToFileURL(path).href);
      return { contents: `export const RELEASE_DATA = ${JSON.stringify(RELEASE_DATA)};` };
    });
  },
};
