import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { FLEET_REPORT } from '../../lib/naming.ts';
import type { Code } from '../bundle/code-assets.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { createStacks } from '../stacks/create-stacks.ts';

/** A resource of a template. */
export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties?: Resource['properties'] }>
  >;
}

/** Returns bundles as the code of an environment, which they only have the form of: the templates are not deployed. */
function codeIn(bundles: string): Code {
  return {
    folderOf: (purpose) => join(bundles, purpose),
    fleetFolder: join(bundles, FLEET_REPORT),
    largestBytes: 0,
    [Symbol.dispose]() {},
  };
}

/** Synthesises an environment, and returns the resources of all its stacks. */
export async function synthesiseResources(
  environment: Environment,
  bundles: string,
): Promise<readonly Resource[]> {
  const outdir = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-assembly-'));
  try {
    const app = new App({ outdir, analyticsReporting: false });
    createStacks(app, environment, codeIn(bundles));
    return app.synth().stacks.flatMap(({ template }) => {
      const { Resources }: Template = template;
      return Object.entries(Resources).map(([id, { Type: type, Properties: properties = {} }]) => ({
        id,
        type,
        properties,
      }));
    });
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
