import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Readable, Writable } from 'node:stream';
import { format } from 'node:util';
import { ANSWERS } from '../../../emulator/lambda/invoke.ts';

/** Records the output of this process and its children without consuming it. */
interface Watch {
  /** The output so far, one stream after the other. */
  output(): string;
  stop(): void;
}

function toText(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk;
  return chunk instanceof Uint8Array ? Buffer.from(chunk).toString('utf8') : '';
}

/**
 * Taps a child's stream where data arrive, because a `data` listener would start the stream.
 *
 * @param stream null or undefined without a pipe, or if the process could not be started
 */
function tapReadable(stream: Readable | null | undefined, hear: (text: string) => void): void {
  if (!stream) return;
  const push = stream.push.bind(stream);
  stream.push = (chunk, encoding) => {
    hear(toText(chunk));
    return push(chunk, encoding);
  };
}

/** Taps a stream of this process. */
function tapWritable(stream: Writable, hear: (text: string) => void): () => void {
  const { write } = stream;
  const tapped = new Proxy(write, {
    apply(target, self, args: unknown[]) {
      hear(toText(args[0]));
      return Reflect.apply(target, self, args);
    },
  });
  stream.write = tapped;
  return () => {
    stream.write = write;
  };
}

const CONSOLE = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

/** Taps the console, because vitest's console does not write to the streams of this process. */
function tapConsole(hear: (text: string) => void): () => void {
  const { console } = globalThis;
  const originals = CONSOLE.map((name) => [name, console[name]] as const);
  for (const [name, original] of originals) {
    console[name] = (...args: unknown[]) => {
      hear(`${format(...args)}\n`);
      original(...args);
    };
  }
  return () => {
    for (const [name, original] of originals) console[name] = original;
  };
}

function isChild(message: unknown): message is { readonly process: ChildProcess } {
  return typeof message === 'object' && message !== null && 'process' in message;
}

export function watchOutput(): Watch {
  const streams: string[][] = [];
  const hearing = (): ((text: string) => void) => {
    const chunks: string[] = [];
    streams.push(chunks);
    return (text) => chunks.push(text);
  };
  const onChild = (message: unknown): void => {
    if (!isChild(message)) return;
    const child = message.process;
    // The streams exist after spawn() has returned; no data have arrived yet.
    process.nextTick(() => {
      tapReadable(child.stdout, hearing());
      tapReadable(child.stderr, hearing());
    });
    const messages = hearing();
    const { emit } = child;
    child.emit = (event: string | symbol, ...args: unknown[]) => {
      if (event === 'message') messages(`${JSON.stringify(args[0])}\n`);
      return Reflect.apply(emit, child, [event, ...args]);
    };
  };
  subscribe('child_process', onChild);
  const answers = hearing();
  const onAnswer = (answer: unknown): void => answers(toText(answer));
  ANSWERS.subscribe(onAnswer);
  const undo = [
    tapWritable(process.stdout, hearing()),
    tapWritable(process.stderr, hearing()),
    tapConsole(hearing()),
  ];
  return {
    output: () => streams.map((chunks) => chunks.join('')).join('\n'),
    stop() {
      unsubscribe('child_process', onChild);
      ANSWERS.unsubscribe(onAnswer);
      for (const one of undo) one();
    },
  };
}
