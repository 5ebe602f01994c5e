import { createHash } from 'node:crypto';
import { copyFile, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FLEET_REPORT, PURPOSES, type Purpose } from '../../lib/naming.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { CA_FILE, FLEET_FILE, fleetFileOf, VERSION_DATA_FILE } from '../function-environment.ts';
import { bundle } from './bundle.ts';

/** The functions' code in a temporary folder, which is deleted on disposal. */
export interface Code extends AsyncDisposable {
  folderOf(purpose: Purpose, database: Pick<Database, 'caFile'>): string;
  /** Folder of `fleet-report`, with the databases of the environment. */
  readonly fleetFolder: string;
  /** Size of the largest function, uncompressed. */
  readonly largestBytes: number;
}

function variantOf(purpose: Purpose, caFile: string): string {
  return `${purpose}-${createHash('sha256').update(caFile).digest('hex')}`;
}

/**
 * Bundles every function once, with the environment's version data, and copies it for each certificate authority's file that
 * a database needs.
 */
export async function bundleCode({
  databases,
  versionData,
  fleet,
}: Pick<Environment, 'databases' | 'versionData' | 'fleet'>): Promise<Code> {
  const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-code-'));
  const caFiles = new Set(databases.flatMap(({ caFile }) => caFile ?? []));
  let largestBytes = 0;
  for (const purpose of PURPOSES) {
    const { bytes, laterBytes } = await bundle(purpose, folder);
    largestBytes = Math.max(largestBytes, bytes + laterBytes);
    if (versionData !== undefined) {
      await writeFile(join(folder, purpose, VERSION_DATA_FILE), versionData.json);
    }
    for (const caFile of caFiles) {
      const variant = join(folder, variantOf(purpose, caFile));
      await cp(join(folder, purpose), variant, { recursive: true });
      await copyFile(caFile, join(variant, CA_FILE));
    }
  }
  await bundle(FLEET_REPORT, folder);
  const file = fleetFileOf({ databases, ...(fleet !== undefined && { fleet }) });
  await writeFile(join(folder, FLEET_REPORT, FLEET_FILE), JSON.stringify(file));
  return {
    largestBytes,
    fleetFolder: join(folder, FLEET_REPORT),
    folderOf: (purpose, { caFile }) =>
      join(folder, caFile === undefined ? purpose : variantOf(purpose, caFile)),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
    },
  };
}
