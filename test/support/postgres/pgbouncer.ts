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

/** PATH with the folder in which Debian installs PgBouncer. */
const PATH = `${process.env['PATH']}:/usr/sbin`;

/** Returns the version of the PgBouncer that is installed on this machine. */
export function pgBouncerVersion(): string | undefined {
  const { stdout } = spawnSync('pgbouncer', ['--version'], { env: { PATH }, encoding: 'utf8' });
  return /^PgBouncer ([\d.]+)/m.exec(stdout ?? '')?.[1];
}

async function waitForPort(port: number): Promise<void> {
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

/** Starts a real PgBouncer on loopback before the server of a database. Its user list contains the database's role. */
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
  // PgBouncer refuses to run as root. The user `postgres` exists if the tests have started a server as root.
  const user = process.getuid?.() === 0 ? ['--user=postgres'] : [];
  const pgBouncer = spawn('pgbouncer', ['--quiet', ...user, configuration], {
    env: { PATH },
    stdio: 'ignore',
  });
  await waitForPort(port);
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
