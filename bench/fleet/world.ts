import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { fromTable, startSecretsManager } from '../../emulator/secrets-manager.ts';
import {
  startTelemetryEndpoint,
  type TelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { type Scheduler, startScheduler } from '../../test/support/aws/scheduler.ts';
import {
  connectAsSuperuser,
  createDatabase,
  type TestDatabase,
} from '../../test/support/postgres/databases.ts';
import { type OwnServer, startPostgres } from '../../test/support/postgres/postgres.ts';
import { metadataTableOf } from '../../test/support/timescaledb/catalogs.ts';
import type { Kind, SecretStages } from './kind.ts';
import { KINDS, USUAL_ANSWER } from './kinds.ts';

export const ENVIRONMENT = 'fleet';
/** Prefix of the names of all reporting roles and their databases. */
const LABEL = 'fleet';
const USUAL_RELEASE = '2.28.3';

const RETRY = {
  scheduleGroup: 'telemetry',
  roleArn: 'arn:aws:iam::000000000000:role/scheduler',
};

/** A kind and the database that its targets share; only their names differ. */
interface KindWorld {
  readonly kind: Kind;
  readonly database: TestDatabase;
  /** The UUID of the database; null without TimescaleDB. */
  readonly uuid: string | null;
  readonly secret: () => ReturnType<NonNullable<Kind['secret']>>;
}

/** One target of the fleet. */
export interface FleetTarget {
  readonly name: string;
  readonly kind: Kind;
  readonly uuid: string | null;
  readonly event: unknown;
  /** Environment variables of the function that differ between targets. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Counters of the server for the fleet's databases, since it was started. */
export interface ServerFigures {
  /** Number of established sessions. */
  readonly sessions: number;
  /** Number of sessions that did not end with the client's Terminate message. */
  readonly lost: number;
  readonly commits: number;
  readonly rollbacks: number;
  readonly rowsWritten: number;
  /** CPU time of the server and its ended sessions; undefined without /proc. */
  readonly cpuMs: number | undefined;
}

/** Open sessions and transactions of the reporting roles at one moment. */
export interface OpenSessions {
  readonly sessions: number;
  readonly transactions: number;
}

export interface FleetWorld extends AsyncDisposable {
  readonly endpoint: TelemetryEndpoint;
  readonly scheduler: Scheduler;
  /** Environment variables that all targets share. */
  readonly environment: Readonly<Record<string, string>>;
  target(name: string, kind: Kind): FleetTarget;
  openSessions(): Promise<OpenSessions>;
  figures(): Promise<ServerFigures>;
}

/** Returns the name of the target that sent a report: each target's endpoint has its own path. */
export function nameIn(path = ''): string {
  return path.slice(1);
}

async function prepare(kind: Kind, server: OwnServer): Promise<KindWorld> {
  const { release = USUAL_RELEASE } = kind;
  const database = await createDatabase({
    ...(release !== null && { release }),
    label: LABEL,
    port: server.port,
  });
  const { admin, name, role, password } = database;
  await admin.query(`alter database ${name} set timescaledb.telemetry_level = 'basic'`);
  const uuid = release === null ? null : randomUUID();
  if (release !== null) {
    await admin.query(`update ${metadataTableOf(release)} set value = $1 where key = 'uuid'`, [
      uuid,
    ]);
  }
  if (kind.sql !== undefined) await admin.query(kind.sql(database));
  // Otherwise the statistics of this session would be counted while the fleet runs.
  await admin.query('select pg_stat_force_next_flush()');
  const valid = {
    engine: 'postgres',
    host: '127.0.0.1',
    port: server.port,
    username: role,
    password,
    dbname: name,
    ca: server.authority,
  };
  const usual = (): SecretStages => ({
    AWSCURRENT: { VersionId: 'first', SecretString: JSON.stringify(valid) },
  });
  return { kind, database, uuid, secret: () => kind.secret?.(valid) ?? usual() };
}

/** Returns the current time as EventBridge Scheduler writes it: in whole seconds. */
function tickNow(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}

/** Returns user and system time of a process and its ended children, in milliseconds. Source: proc(5). */
async function cpuOf(pid: string): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // utime is the twelfth field after the name, which may contain blanks and parentheses; a tick is 10 ms.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields
    ?.slice(11, 15)
    .map(Number)
    .reduce((sum, ticks) => sum + ticks * 10, 0);
}

interface Server extends OwnServer {
  readonly pid: string;
}

async function startServer(): Promise<Server> {
  // The sessions that created the databases stay open: two for each kind.
  const server = await startPostgres(['-c', 'max_connections=200']);
  const [pid = ''] = (await readFile(join(server.dataFolder, 'postmaster.pid'), 'utf8')).split(
    '\n',
  );
  return { ...server, pid };
}

async function openSessionsOf(watcher: pg.Client): Promise<OpenSessions> {
  const { rows } = await watcher.query<OpenSessions>(
    `select count(*)::int as sessions, count(xact_start)::int as transactions
    from pg_stat_activity where starts_with(usename, '${LABEL}_')`,
  );
  return rows[0] ?? { sessions: Number.NaN, transactions: Number.NaN };
}

async function figuresOf(watcher: pg.Client, { pid }: Server): Promise<ServerFigures> {
  const { rows } = await watcher.query<Omit<ServerFigures, 'cpuMs'>>(
    `select sum(sessions)::int as sessions, sum(sessions_abandoned + sessions_fatal + sessions_killed)::int as lost,
      sum(xact_commit)::int as commits, sum(xact_rollback)::int as rollbacks,
      sum(tup_inserted + tup_updated + tup_deleted)::int as "rowsWritten"
    from pg_stat_database where starts_with(datname, '${LABEL}_')`,
  );
  if (rows[0] === undefined) throw new TypeError('The server returned no statistics.');
  return { ...rows[0], cpuMs: await cpuOf(pid) };
}

/** Starts a server with a database for each kind, Secrets Manager, EventBridge Scheduler and the endpoints, on loopback. */
export async function startFleetWorld(): Promise<FleetWorld> {
  await using starting = new AsyncDisposableStack();
  const server = await startServer();
  starting.defer(() => server.stop());
  const byKind = new Map<Kind, KindWorld>();
  for (const kind of KINDS) {
    const world = await prepare(kind, server);
    starting.use(world.database);
    byKind.set(kind, world);
  }
  const watcher = await connectAsSuperuser(server.port, 'postgres');
  starting.defer(() => watcher.end());

  const byTarget = new Map<string, KindWorld>();
  const secrets = await startSecretsManager((secretId, stage, signedAt) => {
    const answer = byTarget.get(secretId)?.secret() ?? {};
    return 'type' in answer ? answer : fromTable({ [secretId]: answer })(secretId, stage, signedAt);
  });
  starting.use(secrets);
  const endpoint = await startTelemetryEndpoint((response) => {
    const name = nameIn(response.req.url);
    (byTarget.get(name)?.kind.answer ?? USUAL_ANSWER)(response);
  });
  starting.use(endpoint);
  const scheduler = await startScheduler();
  starting.use(scheduler);

  const running = starting.move();
  return {
    endpoint,
    scheduler,
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_SCHEDULER: scheduler.url,
      RETRY: JSON.stringify(RETRY),
    },
    target(name, kind) {
      const world = byKind.get(kind);
      if (world === undefined)
        throw new TypeError(`There is no database for the kind "${kind.name}".`);
      byTarget.set(name, world);
      return {
        name,
        kind,
        uuid: world.uuid,
        event: kind.event === null ? {} : { scheduledTime: tickNow(), ...kind.event },
        variables: {
          TARGET: JSON.stringify({
            name,
            environment: ENVIRONMENT,
            secretId: name,
            tls: { serverName: 'localhost' },
            ...kind.target,
          }),
          DELIVERY: JSON.stringify(kind.delivery ?? { endpoint: `${endpoint.url}/${name}` }),
          ...kind.environment,
        },
      };
    },
    openSessions: () => openSessionsOf(watcher),
    figures: () => figuresOf(watcher, server),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
