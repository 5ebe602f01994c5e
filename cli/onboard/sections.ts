import pg from 'pg';
import { type OnboardChoices, type PlannedSecret, secretOf, secretsOf } from './plan.ts';
import { scramVerifier } from './scram.ts';
import type { OnboardedDatabase, OnboardedServer } from './server.ts';

/** Databases of one stack; see docs/deploying.md, "Many databases". */
const DATABASES_PER_STACK = 50;
/** Placeholders of the examples. */
const ACCOUNT = '111111111111';
const REGION = 'eu-central-1';

/** Quotes an argument for a POSIX shell. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Quotes a text for TypeScript. */
function literal(text: string): string {
  return /['\\]/.test(text) ? JSON.stringify(text) : `'${text}'`;
}

function createRole(role: string, password: string | undefined): readonly string[] {
  if (password === undefined) return [`create role ${role} login;`, `\\password ${role}`];
  return [`create role ${role} login password '${scramVerifier(password)}';`];
}

/**
 * Returns the statements that create the role on one server, for psql.
 *
 * @param password undefined if psql is to ask for it
 */
export function roleStatements(
  { host, port, databases }: OnboardedServer,
  { role }: OnboardChoices,
  password: string | undefined,
): readonly string[] {
  const [first] = databases;
  const location = `--host ${shellQuoted(host)} --port ${port} --dbname ${shellQuoted(first?.database ?? '')}`;
  return [
    `-- timescaledb-telemetry: the role on ${host}, port ${port}`,
    `-- Run this as an administrator: psql ${location}`,
    ...createRole(role, password),
    ...databases.map(
      ({ database }) => `grant connect on database ${pg.escapeIdentifier(database)} to ${role};`,
    ),
  ];
}

function createSecret({ name, file }: PlannedSecret, region: string | undefined): string {
  const regionOption = region === undefined ? '' : ` --region ${region}`;
  return `aws secretsmanager create-secret${regionOption} --name ${shellQuoted(name)} --secret-string ${shellQuoted(`file://${file}`)}`;
}

function describeFile({ file, fields }: PlannedSecret): string {
  return `# ${file}: ${JSON.stringify({ ...fields, password: '…' })}`;
}

/** Returns the commands that create the secrets. No command contains a password. */
export function secretCommands(
  servers: readonly OnboardedServer[],
  choices: OnboardChoices,
): readonly string[] {
  const secrets = secretsOf(servers, choices);
  const create = secrets.map((secret) => createSecret(secret, choices.region));
  if (choices.secretsFolder !== undefined) {
    return [
      '# The files contain the passwords. Delete them when the secrets exist.',
      ...create,
      `rm ${secrets.map(({ file }) => shellQuoted(file)).join(' ')}`,
    ];
  }
  return [
    '# Write these files with an editor, readable only by you (umask 077). A password that is',
    '# typed after --secret-string stays in the history of the shell and is visible to other users.',
    ...secrets.map(describeFile),
    ...create,
  ];
}

function tlsOf({ sslmode, caFile, serverName }: OnboardedDatabase): string | undefined {
  const mode = sslmode === 'verify-ca' || sslmode === 'disable' ? sslmode : undefined;
  const keys = [
    ...(mode === undefined ? [] : [`mode: '${mode}'`]),
    ...(caFile === undefined ? [] : [`caFile: ${literal(caFile)}`]),
    ...(serverName === undefined ? [] : [`serverName: ${literal(serverName)}`]),
  ];
  return keys.length === 0 ? undefined : `tls: { ${keys.join(', ')} }`;
}

function databaseLine(database: OnboardedDatabase, choices: OnboardChoices): string {
  const tls = tlsOf(database);
  const keys = [
    `name: ${literal(database.name)}`,
    `secret: ${literal(secretOf(database, choices).name)}`,
    // A shared secret has only the login.
    ...(choices.isShared
      ? [
          `host: ${literal(database.host)}`,
          `port: ${database.port}`,
          `database: ${literal(database.database)}`,
        ]
      : []),
    ...(tls === undefined ? [] : [tls]),
  ];
  return `    { ${keys.join(', ')} },`;
}

/** Returns the file of the environment. */
export function environmentFile(
  servers: readonly OnboardedServer[],
  choices: OnboardChoices,
): readonly string[] {
  const { account, region } = choices;
  const databases = servers.flatMap((server) => server.databases);
  const stacks = Math.ceil(databases.length / DATABASES_PER_STACK);
  const isPlaceholder = account === undefined || region === undefined;
  return [
    "import { defineEnvironment } from 'timescaledb-telemetry';",
    '',
    ...(isPlaceholder ? ['// Replace account and region.'] : []),
    'export const environment = defineEnvironment({',
    `  account: '${account ?? ACCOUNT}',`,
    `  region: '${region ?? REGION}',`,
    ...(stacks > 1 ? [`  stacks: ${stacks},`] : []),
    '  databases: [',
    ...databases.map((database) => databaseLine(database, choices)),
    '  ],',
    '});',
  ];
}
