import { Socket } from 'node:net';

/** Preloaded into the process of a function: when it has a connection to EXHAUST_AT_PORT it takes all the memory there is. */
const port = Number(process.env['EXHAUST_AT_PORT']);
const original = Socket.prototype.connect;

function exhaust(): never {
  const taken: number[][] = [];
  for (;;) taken.push(new Array<number>(100_000).fill(taken.length));
}

Object.assign(Socket.prototype, {
  connect(this: Socket, ...args: unknown[]): unknown {
    this.once('connect', () => {
      if (this.remotePort === port) exhaust();
    });
    return Reflect.apply(original, this, args);
  },
});
