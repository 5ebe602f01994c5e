import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { inject } from 'vitest';
import * as z from 'zod';
import type { Ended } from '../process/commands.ts';
import { ROOT } from '../repo/pages.ts';

/** The oldest line of Node that the package supports, as the registry has it. */
const OLDEST_NODE = '22.23.3';
/** Packages of CDK, which are linked instead of installed: they have 190 MB. */
const OF_CDK = ['aws-cdk', 'aws-cdk-lib', 'cdk-nag', 'constructs'];

const packedSchema = z.object({
  filename: z.string(),
  size: z.int(),
  unpackedSize: z.int(),
  files: z.array(z.object({ path: z.string() })),
});

/** The package as npm would publish it. */
export interface Packed {
  /** Folder that was packed. */
  readonly folder: string;
  readonly tarball: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
  readonly files: readonly string[];
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, maxBuffer: 32 * 1024 * 1024 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ stdout, stderr, code: child.exitCode ?? -1 });
    });
  });
}

/** Builds the package with the functions that all tests share, and packs it. */
export async function packPackage(): Promise<Packed> {
  const home = await mkdtemp(join(inject('folder'), 'package-'));
  const folder = join(home, 'package');
  const bundles = Object.values(inject('bundles')).map(({ file }) => join(file, '..'));
  const build = join(ROOT, 'infra', 'package', 'build.ts');
  const built = await run(process.execPath, [build, folder, ...bundles], ROOT);
  if (built.code !== 0) throw new Error(built.stderr);
  const { stdout, stderr } = await run(
    'npm',
    ['pack', '--json', '--pack-destination', home],
    folder,
  );
  const [packed] = z.array(packedSchema).parse(JSON.parse(stdout));
  if (packed === undefined) throw new Error(`npm packed nothing: ${stderr}`);
  return {
    folder,
    tarball: join(home, packed.filename),
    bytes: packed.size,
    unpackedBytes: packed.unpackedSize,
    files: packed.files.map(({ path }) => path),
  };
}

async function npmInstall(folder: string, what: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const { stderr, code } = await run(
    'npm',
    ['install', '--prefer-offline', ...quiet, what],
    folder,
  );
  if (code === 0) return;
  throw new Error(
    `npm could not install ${what}. These tests need npm's registry, or npm's cache with what the package depends on.\n${stderr}`,
  );
}

/** An empty folder in which the package is installed. */
export interface Installation {
  readonly folder: string;
  /** Runs the program of the package with a version of Node. */
  program(node: NodeVersion, args: readonly string[], cwd?: string): Promise<Ended>;
  /** Runs a module of the folder. */
  module(node: NodeVersion, file: string): Promise<Ended>;
}

export const NODE_VERSIONS = ['22', '24'] as const;
type NodeVersion = (typeof NODE_VERSIONS)[number];

/** Links CDK into a folder, as if it were installed. */
async function linkCdk(folder: string): Promise<void> {
  for (const name of OF_CDK) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
}

/** Installs the package, and beside it CDK and the oldest Node. */
export async function installPackage({ tarball }: Packed): Promise<Installation> {
  const home = await mkdtemp(join(inject('folder'), 'installation-'));
  const folder = join(home, 'empty');
  const oldest = `node-${process.platform}-${process.arch}`;
  await Promise.all([
    npmInstall(folder, tarball),
    npmInstall(join(home, 'node'), `${oldest}@${OLDEST_NODE}`),
  ]);
  await linkCdk(folder);
  const paths: Readonly<Record<NodeVersion, string>> = {
    '22': join(home, 'node', 'node_modules', oldest, 'bin'),
    '24': join(process.execPath, '..'),
  };
  const environment = (node: NodeVersion): NodeJS.ProcessEnv => ({
    PATH: [paths[node], process.env['PATH']].join(delimiter),
    HOME: inject('folder'),
    NO_COLOR: '1',
  });
  const file = join(folder, 'node_modules', '.bin', 'timescaledb-telemetry');
  return {
    folder,
    program: (node, args, cwd = folder) => run(file, args, cwd, environment(node)),
    module: (node, module) => run('node', [module], folder, environment(node)),
  };
}
