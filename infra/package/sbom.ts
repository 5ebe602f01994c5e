import { cyclonedxEsbuildPlugin } from '@cyclonedx/cyclonedx-esbuild';
import { build } from 'esbuild';
import { fileAliases, PACKAGE_ALIASES } from '../bundle/aliases.ts';
import { BUILD_OPTIONS, FUNCTIONS } from '../bundle/bundle.ts';
import { evaluatedReleaseData } from '../bundle/release-data.ts';
import { VENDORED } from './vendor.ts';

/**
 * Writes a bill of materials (CycloneDX 1.6) of the third-party code that the package contains: that of the functions' bundles
 * and of `vendor/`. npm lists the packages that are installed beside it.
 *
 * @param file absolute path
 */
export async function writeSbom(file: string): Promise<void> {
  await build({
    ...BUILD_OPTIONS,
    entryPoints: [...FUNCTIONS.map((name) => `functions/${name}.ts`), ...VENDORED],
    outdir: 'unused',
    write: false,
    alias: PACKAGE_ALIASES,
    plugins: [
      fileAliases,
      evaluatedReleaseData,
      cyclonedxEsbuildPlugin({
        outputFile: file,
        outputReproducible: true,
        validate: true,
        logLevel: 'silent',
      }),
    ],
  });
}
