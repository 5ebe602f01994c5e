import { Writable } from 'node:stream';

/** An output that keeps what is written to it; a terminal when it has columns. */
export function terminalOutput(columns?: number) {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  const out = Object.assign(Object.create(process.stdout), {
    write: stream.write.bind(stream),
    columns,
    isTTY: columns !== undefined,
  });
  return { out, text: () => chunks.join('') };
}
