import { targetText } from '../../emulator/run-send-report.ts';
import { startSecretsManager } from '../../emulator/secrets-manager.ts';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
  type TelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { createDatabase } from '../../test/support/postgres/databases.ts';
import { startPostgres } from '../../test/support/postgres/postgres.ts';

/** One database with a reporting role, and what a run on it needs. */
export interface SplitWorld extends AsyncDisposable {
  readonly endpoint: TelemetryEndpoint;
  /** Environment variables of `send-report`. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts a PostgreSQL with a database of TimescaleDB 2.28.3, over verified TLS, Secrets Manager and the endpoint. */
export async function startSplitWorld(): Promise<SplitWorld> {
  await using starting = new AsyncDisposableStack();
  const server = await startPostgres();
  starting.defer(() => server.stop());
  const database = await createDatabase({
    release: '2.28.3',
    level: 'basic',
    label: 'split',
    port: server.port,
  });
  starting.use(database);
  const secret = JSON.stringify({
    engine: 'postgres',
    host: '127.0.0.1',
    port: server.port,
    username: database.role,
    password: database.password,
    dbname: database.name,
    ca: server.authority,
  });
  const secrets = await startSecretsManager(() => ({ VersionId: 'first', SecretString: secret }));
  starting.use(secrets);
  const endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'));
  starting.use(endpoint);
  const running = starting.move();
  return {
    endpoint,
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      TARGET: targetText({ name: 'bench', level: 'off', tls: { serverName: 'localhost' } }),
      DELIVERY: JSON.stringify({ endpoint: endpoint.url + ENDPOINT_PATH }),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
