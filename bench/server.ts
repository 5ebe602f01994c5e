import { createInterface } from 'node:readline';
import { bootEmbedded, type EmbeddedTimescaleDb, serveEmbedded } from '../emulator/timescaledb.ts';

/**
 * Boots the embedded server from the folder that each line of the standard input names, says its port, and stops it with
 * the next line. One process for all boots, so that what V8 has to compile does not count as the server's work.
 */
let server: EmbeddedTimescaleDb | undefined;
for await (const folder of createInterface({ input: process.stdin })) {
  await server?.[Symbol.asyncDispose]();
  // What the one before has left must not be collected in the middle of the next one's work.
  globalThis.gc?.();
  server = await serveEmbedded(await bootEmbedded(folder));
  process.stdout.write(`${server.port}\n`);
}
process.exit(0);
