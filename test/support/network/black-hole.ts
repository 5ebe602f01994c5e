import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

/** A port of loopback that never answers: the packets that would open a connection are dropped. */
export interface BlackHole extends AsyncDisposable {
  readonly port: number;
}

const LISTENER = `
const [host, port] = process.argv.slice(1);
const server = require('node:net').createServer();
server.listen({ host, port: Number(port), backlog: 1 }, () => process.send(server.address().port));
`;

/**
 * Starts a process that listens and is then stopped with SIGSTOP, so that it accepts no connection. Two connections fill its
 * queue. The kernel drops the SYN of every other, as a security group or a subnet without a route does.
 *
 * @param wanted the port; 0 for a free one
 */
export async function startBlackHole(host = '127.0.0.1', wanted = 0): Promise<BlackHole> {
  const listener = spawn(process.execPath, ['-e', LISTENER, host, String(wanted)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [port]: number[] = await once(listener, 'message');
  if (port === undefined) throw new TypeError('The listener has no port.');
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
