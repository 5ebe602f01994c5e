import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { generate } from 'selfsigned';
import { listenOnFreePort } from '../emulator/http-server.ts';
import { LAMBDA_ENVIRONMENT } from '../emulator/lambda/invoke.ts';
import { BUILD_OPTIONS, bundle, startBytes } from '../infra/bundle/bundle.ts';
import type { Start } from './cold-start/start.ts';
import { median, printRow, range, sampleInRotation } from './support/figures.ts';

/**
 * Measures a cold start: the import of `send-report` and of its worker as they ship, of an empty handler, and of the minimum
 * that reads a secret and connects to PostgreSQL. Modules that the start does not import may be imported later, so the time
 * to the first request at Secrets Manager is measured, too.
 */

const { values } = parseArgs({ options: { samples: { type: 'string', default: '25' } } });

interface Candidate {
  readonly file: string;
  /** Size of the code that a start imports. */
  readonly bytes: number;
}

interface Sample {
  readonly importMs: number;
  /** CPU time of the import, which excludes the time of other processes. */
  readonly cpuMs: number;
  /** Time from the start of the import to the first request; undefined without one. */
  readonly requestMs: number | undefined;
}

/** Starts a Secrets Manager on loopback, over TLS, that has no secrets and records the time of its first request. */
async function startSecretsManager(folder: string) {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  const authority = join(folder, 'authority.pem');
  await writeFile(authority, cert);
  let requestedAt: bigint | undefined;
  const server = createServer({ key, cert }, (request, response) => {
    requestedAt ??= process.hrtime.bigint();
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end('{"__type":"ResourceNotFoundException"}');
  });
  const port = await listenOnFreePort(server);
  return {
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `https://localhost:${port}`,
      NODE_EXTRA_CA_CERTS: authority,
    },
    /** Returns the time of the first request since the previous call. */
    takeRequestedAt(): bigint | undefined {
      const taken = requestedAt;
      requestedAt = undefined;
      return taken;
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Bundles `cold-start/<name>.ts` with the options of a function, but without its aliases and plugins. */
async function bundlePlainly(name: string, folder: string, splitting: boolean): Promise<Candidate> {
  const outdir = join(folder, `${name}${splitting ? '-split' : ''}`);
  const source = `bench/cold-start/${name}.ts`;
  const { metafile } = await build({
    ...BUILD_OPTIONS,
    entryPoints: { index: source },
    outdir,
    splitting,
    // node-postgres calls `require` for modules of Node; an ES module has no `require` of its own.
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
  });
  return { file: join(outdir, 'index.mjs'), bytes: startBytes(metafile, source) };
}

const EMPTY = 'an empty handler';
const YARDSTICK = 'the SDK and pg';
const SPLIT = 'the same, split';
const OURS = 'send-report';
const WORKER = 'database-worker';

const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bench-'));
const secretsManager = await startSecretsManager(folder);
const start = join(folder, 'start.mjs');

async function sample({ file }: Candidate): Promise<Sample> {
  const child = fork(start, [pathToFileURL(file).href], {
    env: {
      ...LAMBDA_ENVIRONMENT,
      ...secretsManager.environment,
      TARGET: JSON.stringify({ name: 'bench', environment: 'bench', secretId: 'bench' }),
      DELIVERY: '{}',
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  let result: Start | undefined;
  child.on('message', (message: Start) => {
    result = message;
  });
  await once(child, 'close');
  if (result === undefined) throw new Error(`${file} ended without a measurement.`);
  const startedAt = BigInt(result.startedAt);
  const since = (then: bigint): number => Number(then - startedAt) / 1e6;
  const requestedAt = secretsManager.takeRequestedAt();
  return {
    importMs: since(BigInt(result.importedAt)),
    cpuMs: result.cpuMs,
    requestMs: requestedAt === undefined ? undefined : since(requestedAt),
  };
}

await build({
  ...BUILD_OPTIONS,
  splitting: false,
  entryPoints: { start: 'bench/cold-start/start.ts' },
  outdir: folder,
});
const candidates: Readonly<Record<string, Candidate>> = {
  [EMPTY]: await bundlePlainly('empty', folder, false),
  [YARDSTICK]: await bundlePlainly('yardstick', folder, false),
  [SPLIT]: await bundlePlainly('yardstick', folder, true),
  [OURS]: await bundle(OURS, folder),
  [WORKER]: await bundle(WORKER, folder),
};
const samples = await sampleInRotation(
  Object.keys(candidates),
  Number(values.samples),
  async (name) => {
    const candidate = candidates[name];
    if (candidate === undefined) throw new TypeError(`There is no candidate ${name}.`);
    return sample(candidate);
  },
);
secretsManager.stop();
await rm(folder, { recursive: true, force: true });

const importsOf = (name: string): number[] =>
  (samples.get(name) ?? []).map(({ importMs }) => importMs);
const cpuTimesOf = (name: string): number[] => (samples.get(name) ?? []).map(({ cpuMs }) => cpuMs);
const requestsOf = (name: string): number[] =>
  (samples.get(name) ?? []).flatMap(({ requestMs }) => requestMs ?? []);

const WIDTHS = [17, 5, 10, 9, 8, 15, 9];
printRow(['bundle', 'kB', 'import ms', 'min–max', 'CPU ms', 'to request ms', 'min–max'], WIDTHS);
for (const [name, { bytes }] of Object.entries(candidates)) {
  const requests = requestsOf(name);
  printRow(
    [
      name,
      (bytes / 1_000).toFixed(0),
      median(importsOf(name)).toFixed(1),
      range(importsOf(name)),
      median(cpuTimesOf(name)).toFixed(1),
      ...(requests.length > 0 ? [median(requests).toFixed(1), range(requests)] : ['–', '–']),
    ],
    WIDTHS,
  );
}

type Figures = (name: string) => readonly number[];

function ratio(of: Figures, name: string, other: string, less = 0): string {
  return ((median(of(name)) - less) / (median(of(other)) - less)).toFixed(2);
}

const emptyMs = median(importsOf(EMPTY));
/** Limits of the ratios of import times. */
const COMPARISONS = [
  { name: OURS, other: YARDSTICK, limit: 0.7 },
  { name: OURS, other: SPLIT },
  { name: WORKER, other: OURS, limit: 0.6 },
] as const;
for (const { name, other, ...rest } of COMPARISONS) {
  const limit = 'limit' in rest ? ` (limit ${rest.limit.toFixed(2)})` : '';
  const ratios = [
    `import ${ratio(importsOf, name, other)}${limit}`,
    `import less that of an empty handler ${ratio(importsOf, name, other, emptyMs)}`,
    `CPU ${ratio(cpuTimesOf, name, other)}`,
    // The worker makes no request.
    ...(name === WORKER ? [] : [`to the first request ${ratio(requestsOf, name, other)}`]),
  ];
  process.stdout.write(`${name} / ${other}: ${ratios.join(', ')}\n`);
}
