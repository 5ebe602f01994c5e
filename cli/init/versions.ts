import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ROOT } from '../../infra/config/folders.ts';
import { VERSION } from '../../lib/product.ts';

const versionsSchema = z.record(z.string(), z.string());
const manifestSchema = z.object({
  devDependencies: z.optional(versionsSchema),
  peerDependencies: z.optional(versionsSchema),
});

/** Packages beside this one that deploying needs. */
const FOR_DEPLOYING = ['aws-cdk', 'aws-cdk-lib', 'cdk-nag', 'constructs'] as const;

/** Returns the exact versions of this package and of those of CDK that it was tested with, from its own package.json. */
export function pinnedVersions(): Readonly<Record<string, string>> {
  const { devDependencies, peerDependencies } = manifestSchema.parse(
    JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')),
  );
  const tested = { ...devDependencies, ...peerDependencies };
  return {
    'timescaledb-telemetry': VERSION,
    ...Object.fromEntries(
      FOR_DEPLOYING.map((name) => [name, (tested[name] ?? '').replace(/^\^/, '')]),
    ),
  };
}
