import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Runs the tests of the Runtime API with Lambda's own runtime client, aws-lambda-ric, in place of `emulator/lambda/runtime-client.ts`.
 * The package compiles curl and C++ when it is installed, so it is no dependency: it goes into a folder of its own in the
 * system's temporary folder, which later runs use again.
 */
const VERSION = '4.0.2';
const FOLDER = join(tmpdir(), `timescaledb-telemetry-ric-${VERSION}-node-${process.versions.node}`);
const CLIENT = join(FOLDER, 'node_modules', 'aws-lambda-ric', 'index.mjs');
const ADDON = join(dirname(CLIENT), 'rapid-client.node');

/** Programs that the installation calls, and their Debian packages. */
const NEEDED = {
  cmake: 'cmake',
  make: 'make',
  'g++': 'g++',
  python3: 'python3',
  tar: 'tar',
  xz: 'xz-utils',
} as const;

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function isMissing(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error !== undefined;
}

function checkPrograms(): void {
  if (process.platform !== 'linux') {
    fail('aws-lambda-ric can be compiled on Linux only. Run this in a Linux container.');
  }
  const missing = Object.entries(NEEDED).filter(([program]) => isMissing(program));
  if (missing.length === 0) return;
  const programs = missing.map(([program]) => program).join(', ');
  const packages = missing.map(([, name]) => name).join(' ');
  fail(
    `aws-lambda-ric is compiled at its installation, and these programs are missing: ${programs}.\nInstall them, on Debian with: apt-get install ${packages}`,
  );
}

/** Returns the folder whose `include` has the headers of the Node.js that runs this: the `node` package ships them. */
function nodeFolder(): string {
  const resolveFrom = createRequire(createRequire(import.meta.url).resolve('node/package.json'));
  const platform = `node-${process.platform}-${process.arch}`;
  const folder = dirname(resolveFrom.resolve(`${platform}/package.json`));
  if (!existsSync(join(folder, 'include', 'node', 'node.h'))) {
    fail(`The package ${platform} has no headers of Node.js. Run npm ci.`);
  }
  return folder;
}

function install(): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(
    join(FOLDER, 'package.json'),
    JSON.stringify({ private: true, allowScripts: { 'aws-lambda-ric': true } }),
  );
  process.stdout.write(`Compiling aws-lambda-ric ${VERSION} in ${FOLDER}\n`);
  // node-gyp would download the headers otherwise.
  const environment = { ...process.env, npm_config_nodedir: nodeFolder() };
  execFileSync(
    'npm',
    ['install', '--no-audit', '--no-fund', '--save-exact', `aws-lambda-ric@${VERSION}`],
    { cwd: FOLDER, env: environment, stdio: 'inherit' },
  );
}

if (!existsSync(ADDON)) {
  checkPrograms();
  install();
}
const { status } = spawnSync('vitest', ['run', 'test/bundle/runtime-'], {
  env: { ...process.env, TEST_RUNTIME_CLIENT: CLIENT },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
