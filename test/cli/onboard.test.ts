import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import * as z from 'zod';
import { readEnvironment } from '../../infra/config/load.ts';
import { checkEnvironment } from '../../infra/config/validate.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { optionsIn, runCommand } from '../support/process/commands.ts';
import { secret } from '../support/process/secrets.ts';

const ROLE = 'onboarded_reporter';

/** Two databases of one server, to which PUBLIC may not connect. */
let first: TestDatabase;
let second: TestDatabase;
let folder: string;
beforeAll(async () => {
  first = await createDatabase();
  second = await createDatabase();
  folder = await mkdtemp(join(inject('folder'), 'onboard-'));
});
afterAll(async () => {
  for (const { admin, name } of [first, second]) {
    await admin.query(`revoke all on database ${name} from ${ROLE}`);
  }
  await first.admin.query(`drop role ${ROLE}`);
  await first[Symbol.asyncDispose]();
  await second[Symbol.asyncDispose]();
});

/** Runs the command with a list of this text. */
async function onboard(list: string, ...args: readonly string[]) {
  const file = join(folder, 'databases');
  await writeFile(file, list);
  return runCommand('onboard', ['--databases', file, ...args]);
}

const secretSchema = z.object({
  username: z.string(),
  password: z.string(),
  host: z.string().optional(),
});

async function readSecret(file: string) {
  const parsed = secretSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  secret(parsed.password);
  return parsed;
}

describe('with --secrets', () => {
  const urls = () =>
    [first, second].map(({ port, name }) => `postgres://127.0.0.1:${port}/${name}\n`).join('');

  test('prints SQL that creates a login with CONNECT, and writes its password for no one else', async () => {
    const secrets = join(folder, 'secrets');
    const args = ['--secrets', secrets, '--role', ROLE, '--only', 'sql'];
    const { stdout, stderr, code } = await onboard(urls(), ...args);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout.match(/create role/g)).toHaveLength(1);

    const { password, username } = await readSecret(join(secrets, `${first.name}.json`));
    expect(username).toBe(ROLE);
    expect(stdout).not.toContain(password);
    expect((await stat(secrets)).mode & 0o777).toBe(0o700);
    for (const file of await readdir(secrets)) {
      expect((await stat(join(secrets, file))).mode & 0o777).toBe(0o600);
    }

    await first.admin.query(stdout);
    for (const { port, name } of [first, second]) {
      const login = { host: '127.0.0.1', port, database: name, user: username, ssl: false };
      const client = new pg.Client({ ...login, password });
      await client.connect();
      const { rows } = await client.query('select current_user as name');
      expect(rows).toEqual([{ name: ROLE }]);
      await client.end();
    }
  });

  test('keeps the passwords of files that exist', async () => {
    const secrets = join(folder, 'kept');
    const passwords: string[] = [];
    for (const part of ['sql', 'secrets']) {
      const { stdout } = await onboard(urls(), '--secrets', secrets, '--only', part);
      expect(stdout).not.toBe('');
      passwords.push((await readSecret(join(secrets, `${second.name}.json`))).password);
    }
    expect(passwords[0]).toBe(passwords[1]);
  });

  test('stops at a file that is not a secret, without quoting it', async () => {
    const secrets = join(folder, 'foreign');
    await mkdir(secrets);
    await writeFile(join(secrets, 'one.json'), 'a private text');
    const { stdout, stderr, code } = await onboard('postgres://db/one\n', '--secrets', secrets);
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toContain('one.json exists and is not the JSON of a secret.\n');
    expect(stderr).not.toContain('private text');
  });
});

const LIST = `name,host,hostaddr,port,database,sslmode,sslrootcert
Metrics EU,db.example.com,,,metrics,,
orders,db.example.com,10.0.0.7,6432,it's,verify-ca,ca.pem
here,/tmp,,,any,,
,,,,any,,
`;

test('prints the three parts, and names what is left out', async () => {
  const { stdout, stderr, code } = await onboard(LIST);
  expect([stderr, code]).toEqual(['', 1]);
  for (const part of [
    'onboarding of',
    '  create role telemetry_reporter login;\n  \\password telemetry_reporter\n',
    '  grant connect on database "it\'s" to telemetry_reporter;\n',
    `psql --host 10.0.0.7 --port 6432 --dbname 'it'\\''s'\n`,
    'aws secretsmanager create-secret --name prod/orders/telemetry --secret-string file://secrets/orders.json\n',
    'environments/prod.ts\n',
    '▲ list          Metrics EU is called Metrics-EU in the environment.\n',
    '▲ list          Left out: line 4, because the host is a Unix socket, which no function reaches.\n',
    '▲ list          Left out: line 5, because the host is missing.\n',
  ]) {
    expect(stdout).toContain(part);
  }
  expect(stdout).not.toContain('here');
});

describe('the environment', () => {
  /** Loads the printed environment, as the CDK commands do. */
  async function load(name: string, ...args: readonly string[]) {
    const environments = await mkdtemp(join(inject('folder'), 'environments-'));
    const { stdout } = await onboard(
      LIST,
      ...['--only', 'environment', '--environment', name, ...args],
      ...['--account', '123456789012', '--region', 'eu-west-1'],
    );
    const root = join(import.meta.dirname, '..', '..');
    await writeFile(join(environments, 'ca.pem'), inject('postgres').authority);
    await writeFile(
      join(environments, `${name}.ts`),
      stdout.replace("'timescaledb-telemetry'", `'${root}/infra/config/environment.ts'`),
    );
    const { settings, folder: base } = await readEnvironment(name, environments);
    checkEnvironment(name, settings, Date.now(), base);
    return settings;
  }

  test('is valid, with a secret for each database', async () => {
    const environment = await load('staging');
    expect(environment).toMatchObject({
      account: '123456789012',
      region: 'eu-west-1',
      databases: [
        { name: 'Metrics-EU', secret: 'staging/Metrics-EU/telemetry' },
        {
          name: 'orders',
          secret: 'staging/orders/telemetry',
          tls: { mode: 'verify-ca', serverName: 'db.example.com' },
        },
      ],
    });
  });

  test('has the location of each database beside a shared secret', async () => {
    const environment = await load('prod', '--shared-secret');
    expect(environment.databases).toMatchObject([
      { secret: 'prod/telemetry', host: 'db.example.com', port: 5432, database: 'metrics' },
      { secret: 'prod/telemetry', host: '10.0.0.7', port: 6432, database: "it's" },
    ]);
  });

  test('has several stacks for many databases, and one create-secret with a shared secret', async () => {
    const many = Array.from({ length: 120 }, (_, index) => `postgres://db/d${index}\n`).join('');
    const environment = await onboard(many, '--only', 'environment');
    expect(environment.stdout).toContain('  stacks: 3,\n');
    const secrets = await onboard(many, '--only', 'secrets', '--shared-secret');
    expect(secrets.stdout.match(/^aws .*$/gm)).toEqual([
      'aws secretsmanager create-secret --name prod/telemetry --secret-string file://secrets/telemetry.json',
    ]);
  });
});

describe('the options', () => {
  test('have all their problems listed at once', async () => {
    const { stdout, stderr, code } = await runCommand('onboard', [
      ...['--environment', 'a b', '--role', 'Robert"; drop', '--account', '1', '--region', 'x'],
      ...['--only', 'all', '--secrets', ''],
    ]);
    expect([stdout, code]).toEqual(['', 2]);
    expect(stderr.split('\n').map((line) => line.split(' ')[0])).toEqual([
      ...['--databases', '--secrets', '--environment', '--role', '--account', '--region', '--only'],
      ...['(npm', ''],
    ]);
  });

  test('are all in the help', async () => {
    const { stdout } = await runCommand('onboard', ['--help']);
    expect(optionsIn(stdout)).toEqual([
      ...['--databases', '--shared-secret', '--secrets', '--environment', '--role'],
      ...['--account', '--region', '--only', '--help'],
    ]);
  });
});
