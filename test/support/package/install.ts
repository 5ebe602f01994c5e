import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { inject } from 'vitest';
import type { Ended } from '../process/commands.ts';
import { ROOT } from '../repo/pages.ts';
import type { Packed } from './pack.ts';
import { run } from './run.ts';

/** Releases of Node: the oldest that the package supports, and one that it refuses. */
const OLD_NODES = { '22': '22.21.0', '20': '20.8.0' } as const;
/** Packages of CDK, which are linked instead of installed: they have 190 MB. */
const OF_CDK = ['aws-cdk', 'aws-cdk-lib', 'cdk-nag', 'constructs'];

async function npmInstall(folder: string, what: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  // As in the workflow that init writes: the package needs no scripts of other packages.
  const { stderr, code } = await run(
    'npm',
    ['install', '--ignore-scripts', '--prefer-offline', ...quiet, what],
    folder,
  );
  if (code === 0) return;
  throw new Error(
    `npm could not install ${what}. These tests need npm's registry, or npm's cache with what the package depends on.\n${stderr}`,
  );
}

interface HowToRun {
  readonly cwd?: string;
  /** Further environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** An empty folder in which the package is installed. */
export interface Installation {
  readonly folder: string;
  /** The result of `synth` before CDK was there. */
  readonly withoutCdk: Ended;
  /** Runs the program of the package with a version of Node, by default in the folder. */
  program(node: NodeVersion, args: readonly string[], how?: HowToRun): Promise<Ended>;
  /** Runs an app for CDK in the folder, which writes its templates into another folder. */
  app(node: NodeVersion, file: string, templates: string): Promise<Ended>;
}

export const NODE_VERSIONS = ['22', '24'] as const;
type NodeVersion = (typeof NODE_VERSIONS)[number] | '20';

/** Links CDK into a folder, as if it were installed. */
async function linkCdk(folder: string): Promise<void> {
  for (const name of OF_CDK) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
}

/** Installs the package, and beside it the old releases of Node, then CDK. */
export async function installPackage({ tarball }: Packed): Promise<Installation> {
  const home = await mkdtemp(join(inject('folder'), 'installation-'));
  const folder = join(home, 'empty');
  const nodePackage = `node-${process.platform}-${process.arch}`;
  await Promise.all([
    npmInstall(folder, tarball),
    ...Object.entries(OLD_NODES).map(([name, version]) =>
      npmInstall(join(home, name), `${nodePackage}@${version}`),
    ),
  ]);
  const pathOf = (name: keyof typeof OLD_NODES): string =>
    join(home, name, 'node_modules', nodePackage, 'bin');
  const paths: Readonly<Record<NodeVersion, string>> = {
    '20': pathOf('20'),
    '22': pathOf('22'),
    '24': join(process.execPath, '..'),
  };
  const environment = (node: NodeVersion): NodeJS.ProcessEnv => ({
    PATH: [paths[node], process.env['PATH']].join(delimiter),
    HOME: inject('folder'),
    NO_COLOR: '1',
  });
  const file = join(folder, 'node_modules', '.bin', 'timescaledb-telemetry');
  const program: Installation['program'] = (node, args, { cwd = folder, env } = {}) =>
    run(file, args, cwd, { ...environment(node), ...env });
  const withoutCdk = await program('24', ['synth', 'prod']);
  await linkCdk(folder);
  return {
    folder,
    withoutCdk,
    program,
    app: (node, app, templates) =>
      run('node', [app], folder, { ...environment(node), CDK_OUTDIR: templates }),
  };
}
