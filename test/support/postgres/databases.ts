import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { secret } from '../process/secrets.ts';
import type { HandmadeRelease } from '../timescaledb/catalogs.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from './postgres.ts';

/** A database of one test, and a role with LOGIN and CONNECT on it as its only privileges. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  /** The port of its server on 127.0.0.1. */
  readonly port: number;
  readonly role: string;
  readonly password: string;
  /** The superuser's session in this database. */
  readonly admin: pg.Client;
}

export interface DatabaseOptions {
  /** Release of TimescaleDB; by default the extension is not installed. */
  readonly release?: HandmadeRelease;
  /** The telemetry level of the database; by default it is not set. */
  readonly level?: 'basic' | 'no_functions' | 'off';
  /** Prefix of the names of the database and the role. */
  readonly label?: string;
  readonly encoding?: string;
  /** Port of the server; by default the one that all test files share. */
  readonly port?: number;
}

export async function connectAsSuperuser(port: number, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password: SUPERUSER_PASSWORD,
    database,
    ssl: false,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Returns the major version: 13 introduced DROP DATABASE ... WITH (FORCE), and 15 CREATE DATABASE ... STRATEGY. */
async function majorVersion(server: pg.Client): Promise<number> {
  const { rows } = await server.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  return rows[0]?.major ?? Number.NaN;
}

async function dropDatabase(server: pg.Client, name: string): Promise<void> {
  if ((await majorVersion(server)) >= 13) {
    await server.query(`drop database ${name} with (force)`);
    return;
  }
  // DROP DATABASE waits up to 5 s for terminated sessions.
  await server.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    name,
  ]);
  await server.query(`drop database ${name}`);
}

interface Contents {
  readonly release: HandmadeRelease | undefined;
  readonly encoding: string;
  readonly port: number;
}

/** Creates a database, with the extension if a release is given. */
async function createNew(
  server: pg.Client,
  name: string,
  { release, encoding, port }: Contents,
): Promise<void> {
  // The option `locale` requires PostgreSQL 13.
  await server.query(
    `create database ${name} template template0 encoding '${encoding}' lc_collate 'C' lc_ctype 'C'`,
  );
  if (release === undefined) return;
  const admin = await connectAsSuperuser(port, name);
  await admin.query(`create extension timescaledb version '${release}'`);
  await admin.end();
}

/** Returns the name of a database to copy, which all test processes share. */
async function findTemplate(server: pg.Client, contents: Contents): Promise<string> {
  const { release = 'none', encoding } = contents;
  const name = `template_${encoding}_${release}`.replaceAll(/\W/g, '_').toLowerCase();
  // Another test process may create it at the same time.
  await server.query('select pg_advisory_lock(hashtext($1))', [name]);
  try {
    const { rowCount } = await server.query('select from pg_database where datname = $1', [name]);
    if (rowCount === 0) await createNew(server, name, contents);
  } finally {
    await server.query('select pg_advisory_unlock(hashtext($1))', [name]);
  }
  return name;
}

/** Creates the database as a copy: the files of a template take a tenth of the CPU time of CREATE EXTENSION. */
async function createCopy(server: pg.Client, name: string, contents: Contents): Promise<void> {
  // Before PostgreSQL 15 each copy waits for a checkpoint of the whole server.
  if ((await majorVersion(server)) < 15) return createNew(server, name, contents);
  const template = await findTemplate(server, contents);
  await server.query(`create database ${name} template ${template} strategy file_copy`);
}

export async function createDatabase({
  release,
  level,
  label = 'telemetry',
  encoding = 'UTF8',
  port = inject('postgres').port,
}: DatabaseOptions = {}): Promise<TestDatabase> {
  const suffix = randomBytes(6).toString('hex');
  const name = `${label}_db_${suffix}`;
  const role = `${label}_role_${suffix}`;
  const password = secret(`${label}_password_${suffix}`);
  const server = await connectAsSuperuser(port, 'postgres');
  await server.query(`create role ${role} login password '${password}'`);
  await createCopy(server, name, { release, encoding, port });
  await server.query(`revoke all on database ${name} from public`);
  await server.query(`grant connect on database ${name} to ${role}`);
  const admin = await connectAsSuperuser(port, name);
  if (level !== undefined) {
    await admin.query(`alter database ${name} set timescaledb.telemetry_level = '${level}'`);
  }
  return {
    name,
    port,
    role,
    password,
    admin,
    async [Symbol.asyncDispose]() {
      await admin.end();
      await dropDatabase(server, name);
      await server.query(`drop role ${role}`);
      await server.end();
    },
  };
}
