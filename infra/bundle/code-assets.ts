import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DATABASE_FUNCTIONS,
  DATABASE_WORKER,
  type DatabaseFunction,
  FLEET_REPORT,
} from '../../lib/naming.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { CA_FILE, FLEET_FILE, fleetFileOf, VERSION_DATA_FILE } from '../function-environment.ts';

// A CDK app imports this module with the package, which has no esbuild: nothing here may import it.

/** The functions' code in a temporary folder, which is deleted on disposal. */
export interface Code extends Disposable {
  folderOf(purpose: DatabaseFunction, database: Pick<Database, 'caFile'>): string;
  /** Folder of `fleet-report`, with the databases of the environment. */
  readonly fleetFolder: string;
  /** Size of the code of the largest function, uncompressed. */
  readonly largestBytes: number;
}

/** The settings that decide the files beside the code of the functions. */
export type CodeSettings = Pick<Environment, 'databases' | 'versionData' | 'fleet'>;

/** Creates the temporary folder of the functions' code. */
export function createCodeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'timescaledb-telemetry-code-'));
}

function variantOf(purpose: DatabaseFunction, caFile: string): string {
  return `${purpose}-${createHash('sha256').update(caFile).digest('hex')}`;
}

function sizeOf(folder: string): number {
  const files = readdirSync(folder).filter((file) => file.endsWith('.mjs'));
  return files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

/**
 * Adds an environment's files to the bundles of all functions: its version data, a copy of each function for each certificate
 * authority's file that a database needs, and the databases for `fleet-report`.
 *
 * @param folder has the bundle of each function in a folder of its name, and is deleted on disposal
 */
export function addFiles(folder: string, { databases, versionData, fleet }: CodeSettings): Code {
  const caFiles = new Set(databases.flatMap(({ caFile }) => caFile ?? []));
  const largestBytes = Math.max(
    ...DATABASE_FUNCTIONS.map((purpose) => sizeOf(join(folder, purpose))),
  );
  for (const purpose of DATABASE_FUNCTIONS) {
    // The worker reads the database, and its callers judge the version.
    if (versionData !== undefined && purpose !== DATABASE_WORKER) {
      writeFileSync(join(folder, purpose, VERSION_DATA_FILE), versionData.json);
    }
    for (const caFile of caFiles) {
      const variant = join(folder, variantOf(purpose, caFile));
      cpSync(join(folder, purpose), variant, { recursive: true });
      copyFileSync(caFile, join(variant, CA_FILE));
    }
  }
  const file = fleetFileOf({ databases, ...(fleet !== undefined && { fleet }) });
  writeFileSync(join(folder, FLEET_REPORT, FLEET_FILE), JSON.stringify(file));
  return {
    largestBytes,
    fleetFolder: join(folder, FLEET_REPORT),
    folderOf: (purpose, { caFile }) =>
      join(folder, caFile === undefined ? purpose : variantOf(purpose, caFile)),
    [Symbol.dispose]() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Returns the code of an environment's functions from bundles that exist.
 *
 * @param bundles folder with the bundle of each function in a folder of its name, as `npm run bundle` writes it and the
 *   package contains it; it is not changed
 */
export function copyCode(bundles: string, settings: CodeSettings): Code {
  const folder = createCodeFolder();
  for (const name of [...DATABASE_FUNCTIONS, FLEET_REPORT]) {
    cpSync(join(bundles, name), join(folder, name), { recursive: true });
  }
  return addFiles(folder, settings);
}
