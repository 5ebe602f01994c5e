import { escapeUnprintable } from '../../../lib/config/printable.ts';
import { SQL_CHANNEL } from '../../../lib/postgres/snapshot.ts';

/** Prints every message that this process sends to a database from now on, in order, to stderr: SQL that psql can run. */
export function showSql(): void {
  SQL_CHANNEL.subscribe((message) => {
    const lines = String(message).split('\n').map(escapeUnprintable);
    process.stderr.write(`${lines.join('\n')};\n\n`);
  });
}
