import type { Credentials } from '../../lib/credentials/parse-secret.ts';
import { describeServer, findCredentials } from '../options/connection.ts';
import type { ConnectionParameters } from '../options/libpq-parameters.ts';
import { type CliAdapter, createCliAdapter } from '../output/adapt-for-cli.ts';
import { createTerminalReporter, type TerminalReporter } from '../output/terminal/terminal.ts';

/** The parts that every command about one database needs. */
export interface Session {
  readonly reporter: TerminalReporter;
  readonly credentials: Credentials;
  readonly adapter: CliAdapter;
}

/** Prints title and server, and finds the credentials. */
export async function beginSession(
  connection: ConnectionParameters,
  json: boolean,
  title: string,
): Promise<Session> {
  const reporter = createTerminalReporter(json);
  reporter.title(`timescaledb-telemetry · ${title}`);
  reporter.line('–', 'server', describeServer(connection));
  const credentials = await findCredentials(connection);
  return {
    reporter,
    credentials,
    adapter: createCliAdapter({ levelOption: '--level', credentials }),
  };
}
