import { createInterface } from 'node:readline';
import {
  bootEmbedded,
  type EmbeddedTimescaleDb,
  serveEmbedded,
} from '../../emulator/timescaledb.ts';

/**
 * Boots an embedded server from each folder that a line of standard input names, and writes its port to standard output.
 * The next line stops it. One process boots all servers, so that V8's compilation is not measured as the server's work.
 */
let server: EmbeddedTimescaleDb | undefined;
for await (const folder of createInterface({ input: process.stdin })) {
  await server?.[Symbol.asyncDispose]();
  // Otherwise the garbage of the previous server could be collected while the next one is measured.
  globalThis.gc?.();
  server = await serveEmbedded(await bootEmbedded(folder));
  process.stdout.write(`${server.port}\n`);
}
process.exit(0);
