import { once } from 'node:events';
import type { PGlite } from '@electric-sql/pglite';
import { startDemoDatabase } from '../../emulator/demo.ts';
import {
  EMBEDDED_DATABASE,
  EMBEDDED_SUPERUSER,
  type EmbeddedTimescaleDb,
  serveEmbedded,
} from '../../emulator/timescaledb.ts';
import { errorCodeOf } from '../../lib/errors.ts';
import { type CommandDefinition, CommandError, createCommand, EXIT } from '../command.ts';
import { commandLine, silentLine } from '../command-line.ts';
import { printJson } from '../output/finish.ts';
import { describeContents } from '../output/results/show-demo.ts';
import { createTerminalReporter } from '../output/terminal/terminal.ts';

interface Values {
  readonly port?: string;
  readonly json?: true;
}

interface Options {
  /** 0 for a free one. */
  readonly port: number;
  readonly json: boolean;
}

const command = createCommand(
  'serve',
  'Starts an embedded TimescaleDB with demo data on loopback, prints its URL for report and configure, and runs until Ctrl-C. The data are lost then.',
)
  .option('--port <port>', 'the port on loopback (default: any free one)')
  .option('--json', `print one JSON object with the URL instead: ${silentLine('serve', '--json')}`);

/**
 * Serves the database as its superuser, who may run configure.
 *
 * @throws CommandError when the port cannot be used
 */
async function serve(db: PGlite, port: number): Promise<EmbeddedTimescaleDb> {
  try {
    return await serveEmbedded(db, EMBEDDED_SUPERUSER, port);
  } catch (error) {
    await db.close();
    const code = errorCodeOf(error);
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
    throw new CommandError(
      `Port ${port} on loopback cannot be used (${code}).`,
      'Use another --port, or leave the option out.',
    );
  }
}

function untilInterrupted(): Promise<unknown> {
  return Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
}

export const definition: CommandDefinition<Options> = {
  command,
  read(parsed, problems) {
    const { port, json } = parsed.opts<Values>();
    const number = Number(port ?? 0);
    if (port !== undefined && (!/^\d+$/.test(port) || number < 1 || number > 65_535)) {
      problems.push('--port must be a whole number from 1 to 65535');
    }
    return { port: number, json: json === true };
  },
  async perform({ port, json }) {
    const reporter = createTerminalReporter(json);
    reporter.title('timescaledb-telemetry · embedded TimescaleDB');
    const { db } = await reporter.step(
      'database',
      'starting TimescaleDB and adding demo data',
      () => startDemoDatabase(),
      ({ contents }) => describeContents(contents),
    );
    await using server = await serve(db, port);
    const url = `postgres://${EMBEDDED_SUPERUSER}@127.0.0.1:${server.port}/${EMBEDDED_DATABASE}`;
    if (json) printJson({ url });
    reporter.line('✔', 'url', url);
    reporter.note(
      'This server was built without telemetry: --level decides. It accepts any user and password; every user is the superuser postgres.',
    );
    reporter.block('Use it in another terminal', [
      `  ${commandLine('report', `--level basic --database-url ${url}`)}`,
      `  ${commandLine('check', `--level basic --database-url ${url}`)}`,
      `  ${commandLine('configure', `disable --scope database --database-url ${url}`)}`,
      // psql sends no empty password, and the server does not answer its request for TLS.
      `  PGPASSWORD=x psql '${url}?sslmode=disable'`,
    ]);
    reporter.heading('Ctrl-C stops it.');
    await untilInterrupted();
    return EXIT.done;
  },
};
