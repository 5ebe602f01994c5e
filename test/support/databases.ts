import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { HandmadeRelease } from './catalogs.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from './postgres.ts';

/** A database of one test file, and a role that has a login, CONNECT on it, and nothing else. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  readonly role: string;
  readonly password: string;
  /** The superuser's session in this database. */
  readonly admin: pg.Client;
}

export interface DatabaseOptions {
  /** Without one the database has no TimescaleDB. */
  readonly release?: HandmadeRelease;
  /** In the names of the database and of the role. */
  readonly label?: string;
  readonly encoding?: string;
}

async function connectAsSuperuser(database: string): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: inject('postgres').port,
    user: SUPERUSER,
    password: SUPERUSER_PASSWORD,
    database,
    ssl: false,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

export async function createDatabase({
  release,
  label = 'telemetry',
  encoding = 'UTF8',
}: DatabaseOptions = {}): Promise<TestDatabase> {
  const suffix = randomBytes(6).toString('hex');
  const name = `${label}_db_${suffix}`;
  const role = `${label}_role_${suffix}`;
  const password = `${label}_password_${suffix}`;
  const server = await connectAsSuperuser('postgres');
  await server.query(`create role ${role} login password '${password}'`);
  await server.query(
    `create database ${name} template template0 encoding '${encoding}' locale 'C'`,
  );
  await server.query(`revoke all on database ${name} from public`);
  await server.query(`grant connect on database ${name} to ${role}`);
  const admin = await connectAsSuperuser(name);
  if (release !== undefined) {
    await admin.query(`create extension timescaledb version '${release}'`);
  }
  return {
    name,
    role,
    password,
    admin,
    async [Symbol.asyncDispose]() {
      await admin.end();
      await server.query(`drop database ${name} with (force)`);
      await server.query(`drop role ${role}`);
      await server.end();
    },
  };
}
