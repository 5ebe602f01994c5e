import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../emulator/http-server.ts';
import type { SocketServer } from '../network/sockets.ts';
import { secret } from '../process/secrets.ts';
import type { TestDatabase } from './databases.ts';
import type { LoginMethod } from './pooler-login.ts';
import { makeServerFolder } from './postgres.ts';

/** Debian installs it where the PATH of a user often has no folder. */
const PATH = `${process.env['PATH']}:/usr/sbin`;

/** Returns the version of the PgBouncer that is installed on this machine. */
export function pgBouncerVersion(): string | undefined {
  const { stdout } = spawnSync('pgbouncer', ['--version'], { env: { PATH }, encoding: 'utf8' });
  return /^PgBouncer ([\d.]+)/m.exec(stdout ?? '')?.[1];
}

async function untilItListens(port: number): Promise<void> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch {
      await delay(10);
    } finally {
      socket.destroy();
    }
  }
}

/** A real PgBouncer on loopback, in front of the server of a database; its user list has the database's role. */
export async function startPgBouncer(
  { port: serverPort, role, password }: TestDatabase,
  method: LoginMethod,
): Promise<SocketServer> {
  const folder = await makeServerFolder();
  const port = await freePort();
  const users = join(folder, 'userlist.txt');
  const configuration = join(folder, 'pgbouncer.ini');
  await writeFile(users, secret(`"${role}" "${password}"\n`));
  await writeFile(
    configuration,
    `[databases]
* = host=127.0.0.1 port=${serverPort}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = ${method}
auth_file = ${users}
pool_mode = transaction
`,
  );
  // It refuses to run as root. The user `postgres` is there where the tests have started a server as root.
  const user = process.getuid?.() === 0 ? ['--user=postgres'] : [];
  const pgBouncer = spawn('pgbouncer', ['--quiet', ...user, configuration], {
    env: { PATH },
    stdio: 'ignore',
  });
  await untilItListens(port);
  return {
    port,
    async [Symbol.asyncDispose]() {
      const closed = once(pgBouncer, 'close');
      pgBouncer.kill('SIGTERM');
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
