import { join } from 'node:path';
import type { Plugin } from 'esbuild';

function aliasFile(name: string): string {
  return join(import.meta.dirname, 'aliases', name);
}

/**
 * Packages that are replaced in the bundle. Start-up time saved, with SDK and pg at 57 ms: 1 ms by the credentials (37 kB),
 * 0.5 ms by the two of node-postgres (7 kB).
 */
export const PACKAGE_ALIASES: Readonly<Record<string, string>> = {
  '@aws-sdk/credential-provider-node': aliasFile('environment-credentials.ts'),
  'pg-connection-string': aliasFile('not-bundled.ts'),
  pgpass: aliasFile('not-bundled.ts'),
  // Parsers of types whose values lib/postgres/wire-types.ts leaves as text: 6 kB with the binary ones.
  'pg-int8': aliasFile('not-bundled.ts'),
  'postgres-bytea': aliasFile('not-bundled.ts'),
  'postgres-date': aliasFile('not-bundled.ts'),
  'postgres-interval': aliasFile('not-bundled.ts'),
};

/** Files of packages that are replaced; they import each other by relative paths, which esbuild's alias does not match. */
const FILE_ALIASES: Readonly<Record<string, string>> = {
  binaryParsers: aliasFile('no-binary-parsers.ts'),
  loadSharedConfigFiles: aliasFile('no-config-files.ts'),
  getInstanceMetadataRegion: aliasFile('no-metadata-region.ts'),
};

/**
 * Replaces the files by which the SDK would read configuration files and call the metadata service of EC2, so that a function
 * takes credentials and region from its environment alone; and the parsers of values in PostgreSQL's binary format.
 */
export const fileAliases: Plugin = {
  name: 'file-aliases',
  setup({ onResolve }) {
    for (const [name, path] of Object.entries(FILE_ALIASES)) {
      onResolve({ filter: new RegExp(`/${name}$`) }, () => ({ path }));
    }
  },
};
