import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

/** A port of loopback that does not answer: what is sent there to open a connection is dropped. */
export interface BlackHole extends AsyncDisposable {
  readonly port: number;
}

const LISTENER = `
const [host, port] = process.argv.slice(1);
const server = require('node:net').createServer();
server.listen({ host, port: Number(port), backlog: 1 }, () => process.send(server.address().port));
`;

/**
 * A process that listens, and then is stopped (SIGSTOP), so that it accepts nobody. Two connections fill its queue; for
 * any other the kernel drops the SYN, as a security group or a subnet without a way out does.
 *
 * @param wanted the port; 0 for one that is free
 */
export async function startBlackHole(host = '127.0.0.1', wanted = 0): Promise<BlackHole> {
  const listener = spawn(process.execPath, ['-e', LISTENER, host, String(wanted)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [port]: number[] = await once(listener, 'message');
  if (port === undefined) throw new TypeError('No port was given.');
  listener.kill('SIGSTOP');
  const waiting = [1, 2].map(() => connect(port, host).on('error', () => undefined));
  await Promise.all(waiting.map((socket) => once(socket, 'connect')));
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of waiting) socket.destroy();
      listener.kill('SIGKILL');
      await once(listener, 'exit');
    },
  };
}
