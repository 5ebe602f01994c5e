import { Socket } from 'node:net';

/**
 * Preloaded into the process of a function: simulates the defect that MISBEHAVIOUR names as soon as the process is connected
 * to MISBEHAVE_AT_PORT.
 */
const port = Number(process.env['MISBEHAVE_AT_PORT']);
const original = Socket.prototype.connect;

function exhaustMemory(): never {
  const taken: number[][] = [];
  for (;;) taken.push(new Array<number>(100_000).fill(taken.length));
}

function blockEventLoop(): never {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (;;) Atomics.wait(cell, 0, 0);
}

function throwError(): never {
  throw new TypeError('thrown in a listener');
}

function rejectPromise(): void {
  void Promise.reject(new TypeError('rejected without a handler'));
}

const MISBEHAVIOURS = { exhaustMemory, blockEventLoop, throwError, rejectPromise } as const;
export type Misbehaviour = keyof typeof MISBEHAVIOURS;

function isMisbehaviour(name: string): name is Misbehaviour {
  return name in MISBEHAVIOURS;
}

const name = process.env['MISBEHAVIOUR'] ?? '';
if (!isMisbehaviour(name)) throw new TypeError(`Unknown MISBEHAVIOUR: ${name}`);

Object.assign(Socket.prototype, {
  connect(this: Socket, ...args: unknown[]): unknown {
    this.once('connect', () => {
      if (this.remotePort === port) MISBEHAVIOURS[name]();
    });
    return Reflect.apply(original, this, args);
  },
});
