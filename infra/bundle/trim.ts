import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build, type PartialMessage, type Plugin } from 'esbuild';

const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');

/** A body for what no function of ours can come to. */
const NEVER =
  "throw new Error('This part of a dependency is not bundled; see infra/bundle/trim.ts.');";
const SMITHY_CORE = '@smithy/core/dist-es/submodules';

/** Modules of dependencies, by their path in `node_modules`, and what ships in their place. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * What the functions never use of the AWS SDK, and yet load at every start because something refers to it. A function on
 * Lambda has its region and its credentials in its environment and nowhere else, so nothing is looked for in files or
 * asked of the host; and the protocols of ours are JSON without checksums or events.
 */
export const IN_AWS_SDK: Replacements = {
  '@aws-sdk/credential-provider-node/dist-es/index.js':
    "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';",
  [`${SMITHY_CORE}/config/shared-ini-file-loader/loadSharedConfigFiles.js`]:
    "export { CONFIG_PREFIX_SEPARATOR } from './constants.js';" +
    'export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });',
  [`${SMITHY_CORE}/config/config-resolver/regionConfig/getInstanceMetadataRegion.js`]:
    'export const getInstanceMetadataRegion = async () => undefined;',
  // Named by whoever measures sums of objects and of streams of events.
  [`${SMITHY_CORE}/checksum/crc32/Crc32Node.js`]: `export class Crc32Node { constructor() { ${NEVER} } }`,
  // For a Node without OpenSSL.
  [`${SMITHY_CORE}/checksum/sha256/Sha256Js.js`]: `export class Sha256Js { constructor() { ${NEVER} } }`,
  [`${SMITHY_CORE}/event-streams/index.js`]: `export class EventStreamSerde { constructor() { ${NEVER} } }
    export const eventStreamSerdeProvider = () => { ${NEVER} };`,
  // Reads the user agents of browsers.
  'bowser/bowser.mjs': `export default { parse() { ${NEVER} } };`,
};

/** The same of node-postgres, which is always given an object with a password. */
export const IN_PG: Replacements = {
  'pg-connection-string/index.js': `module.exports = { parse() { ${NEVER} } };`,
  'pgpass/lib/index.js': `module.exports = () => { ${NEVER} };`,
};

/** The names that an ES module exports; those of a CommonJS module are one, `default`. */
async function exportsOf(contents: string, folder: string): Promise<readonly string[]> {
  const { metafile } = await build({
    stdin: { contents, resolveDir: folder },
    format: 'esm',
    metafile: true,
    write: false,
    logLevel: 'silent',
  });
  return Object.values(metafile.outputs).flatMap((output) => output.exports);
}

/** A text that a regular expression takes as it is. */
function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}

/**
 * Replaces modules while bundling, and fails the build when one of them is not imported any more, or does not export what
 * its replacement does: then it has to be looked at anew what the dependency does there. (What is imported of a
 * replacement and not there is an error of esbuild's own.)
 */
export function trim(replacements: Replacements): Plugin {
  return {
    name: 'trim',
    setup({ onStart, onLoad, onEnd }) {
      const missing = new Set<string>();
      onStart(() => {
        for (const module of Object.keys(replacements)) missing.add(module);
      });
      for (const [module, contents] of Object.entries(replacements)) {
        const file = join(MODULES, module);
        onLoad({ filter: new RegExp(`^${literally(file)}$`) }, async () => {
          missing.delete(module);
          const there = await exportsOf(await readFile(file, 'utf8'), dirname(file));
          const given = await exportsOf(contents, dirname(file));
          const errors: PartialMessage[] = given
            .filter((name) => !there.includes(name))
            .map((name) => ({ text: `${module} does not export ${name}, which replaces it` }));
          return { contents, resolveDir: dirname(file), errors };
        });
      }
      onEnd(() => ({
        errors: [...missing].map((module) => ({
          text: `${module} is replaced, but nothing imports it`,
        })),
      }));
    },
  };
}
