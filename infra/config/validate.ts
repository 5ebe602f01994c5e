import { check } from '../../lib/config/validate.ts';
import { policyArn } from '../naming.ts';
import type { EnvironmentSettings } from './environment.ts';
import { EnvironmentError } from './environment-error.ts';
import { ROOT } from './folders.ts';
import type { Database, Environment } from './resolved-environment.ts';
import { type DatabaseContext, toDatabase } from './rules/database.ts';
import { environmentProblems, nameProblems, variablesProblems } from './rules/environment.ts';
import { resolveRecord } from './rules/record.ts';
import { validatePartially } from './rules/validate-partially.ts';
import { readVersionData } from './rules/version-data.ts';
import {
  type CheckedEnvironment,
  type CheckedNetwork,
  databaseSchema,
  defaultsSchema,
  environmentSchema,
  networkSchema,
} from './schema.ts';

interface Resolved {
  /** The database as problems name it. */
  readonly label: string;
  /** Undefined when the database is not written as an object. */
  readonly database: Database | undefined;
  /** Complete problems of its own keys. */
  readonly ofKeys: readonly string[];
  /** Problems of its keys with those of the defaults and the environment, without the label. */
  readonly problems: readonly string[];
}

/** Names a database in problems: by its name as far as it has one. */
function labelOf(settings: unknown, index: number): string {
  const isObject = typeof settings === 'object' && settings !== null;
  const name: unknown = isObject ? Reflect.get(settings, 'name') : undefined;
  return typeof name === 'string' && name !== ''
    ? `database ${JSON.stringify(name)}`
    : `databases[${index}]`;
}

function networksOf(
  settings: CheckedEnvironment['networks'],
  problems: string[],
): ReadonlyMap<string, CheckedNetwork> {
  const networks = new Map<string, CheckedNetwork>();
  for (const [name, network] of Object.entries(settings)) {
    const where = `network ${JSON.stringify(name)}`;
    if (!/^[\w-]{1,64}$/.test(name)) {
      problems.push(
        `${where}: must have a name of 1 to 64 letters, digits, hyphens and underscores`,
      );
    }
    const checked = check(where, networkSchema, network, problems);
    if (checked !== undefined) networks.set(name, checked);
  }
  return networks;
}

/** Returns the names of the networks without egress, also of networks with a problem in another key. */
function networksWithoutEgress(settings: CheckedEnvironment['networks']): ReadonlySet<string> {
  const names = Object.entries(settings)
    .filter(([, network]) => Reflect.get(Object(network), 'egress') === 'none')
    .map(([name]) => name);
  return new Set(names);
}

function resolveDatabase(
  label: string,
  written: unknown,
  placeholders: object,
  context: DatabaseContext,
): Resolved {
  const ofKeys: string[] = [];
  const problems: string[] = [];
  const checked = validatePartially(label, databaseSchema, written, placeholders, ofKeys);
  const database = checked && toDatabase(checked, context, problems);
  return { label, database, ofKeys, problems };
}

/**
 * Writes the problems of databases. A problem that a value of the defaults causes, or that all of several databases have, is
 * written once, for the defaults. A remedy there would change databases that do not have the problem.
 *
 * @param isCausedByDefaults whether a value of the defaults causes a problem that databases with nothing of their own have
 */
function formatDatabaseProblems(
  databases: readonly Resolved[],
  defaults: Resolved,
  isCausedByDefaults: (problem: string) => boolean,
): readonly string[] {
  const isShared = (problem: string) => {
    const { length } = databases.filter(({ problems }) => problems.includes(problem));
    return (
      length > 0 && (isCausedByDefaults(problem) || (length > 1 && length === databases.length))
    );
  };
  const shared = new Set(defaults.problems.filter(isShared));
  const own = databases.flatMap(({ label, ofKeys, problems }) => [
    ...ofKeys,
    ...problems.filter((problem) => !shared.has(problem)).map((problem) => `${label} ${problem}`),
  ]);
  return [...[...shared].map((problem) => `${defaults.label} ${problem}`), ...own];
}

/** Returns the key that a problem of a database begins with. */
function keyOf(problem: string): string {
  return /^\w*/.exec(problem)?.[0] ?? '';
}

/** The same databases with the problems of their functions' variables instead. */
function withVariablesProblems(environment: Environment) {
  return ({ label, database }: Resolved): Resolved => ({
    label,
    database,
    ofKeys: [],
    problems: database === undefined ? [] : variablesProblems(environment, database),
  });
}

function toEnvironment(
  checked: CheckedEnvironment,
  { place, stacks }: DatabaseContext,
  databases: readonly Database[],
  networks: Environment['networks'],
  { versionData, record }: Pick<Environment, 'versionData' | 'record'>,
): Environment {
  const { alarmTopic, bootstrapQualifier, permissionsBoundary, fleet, digest, mute } = checked;
  return {
    place,
    databases,
    networks,
    ...(versionData !== undefined && { versionData }),
    ...(record !== undefined && { record }),
    recordDays: checked.recordDays,
    alarms: checked.alarms,
    ...(fleet && record !== undefined && { fleet: { digest, mute } }),
    ...(alarmTopic !== undefined && { alarmTopic }),
    logRetentionDays: checked.logRetentionDays,
    logLevel: checked.logLevel,
    ...(bootstrapQualifier !== undefined && { bootstrapQualifier }),
    ...(permissionsBoundary !== null && {
      permissionsBoundary: policyArn(place, permissionsBoundary),
    }),
    stacks,
  };
}

/**
 * Checks an environment as it is written.
 *
 * @param now in milliseconds since 1970; certificates expire
 * @param folder that paths in the settings are relative to
 * @throws EnvironmentError with every problem at once, each with its remedy
 */
export function checkEnvironment(
  name: string,
  settings: EnvironmentSettings,
  now: number,
  folder = ROOT,
): Environment {
  const ofName = nameProblems(name);
  const problems = [...ofName];
  const placeholders = { account: '000000000000', region: 'us-east-1', databases: [] };
  const checked = validatePartially(
    'environment',
    environmentSchema,
    settings,
    placeholders,
    problems,
  );
  if (checked === undefined) throw new EnvironmentError(name, problems);
  const { account, region, stacks } = checked;
  const defaults =
    validatePartially('defaults', defaultsSchema, checked.defaults, {}, problems) ?? {};
  const isPlaceholder = account !== settings.account || region !== settings.region;
  const context: DatabaseContext = {
    // Other names are made of it, and would have problems of their own.
    place: {
      environment: ofName.length > 0 ? 'unnamed' : name,
      account,
      region,
      ...(isPlaceholder && { isPlaceholder }),
    },
    defaults,
    networks: Object.keys(checked.networks),
    withoutEgress: networksWithoutEgress(checked.networks),
    delivery: checked.delivery,
    stacks,
    now,
    folder,
  };
  const resolved = checked.databases.map((written, index) => {
    const placeholders = { name: `number-${index}`, secret: 'unknown' };
    return resolveDatabase(labelOf(written, index), written, placeholders, context);
  });
  // A database with nothing of its own, and the same without defaults.
  const probeOf = (one: DatabaseContext) =>
    resolveDatabase('defaults', { name: 'defaults', secret: 'defaults' }, {}, one);
  const probe = probeOf(context);
  const bare = probeOf({ ...context, defaults: {} });
  problems.push(
    ...formatDatabaseProblems(resolved, probe, (problem) =>
      Object.hasOwn(defaults, keyOf(problem)),
    ),
  );
  const networks = networksOf(checked.networks, problems);
  const databases = resolved.flatMap(({ database }) => database ?? []);
  const versionData = readVersionData(checked.versionData, context, problems);
  const record = resolveRecord(checked.record, context.place, problems);
  const environment = toEnvironment(checked, context, databases, networks, {
    ...(versionData !== undefined && { versionData }),
    ...(record !== undefined && { record }),
  });
  const addVariables = withVariablesProblems(environment);
  const withoutDefaults = addVariables(bare).problems;
  problems.push(
    ...environmentProblems(environment),
    ...formatDatabaseProblems(
      resolved.map(addVariables),
      addVariables(probe),
      (problem) => !withoutDefaults.includes(problem),
    ),
  );
  if (problems.length > 0) throw new EnvironmentError(name, problems);
  return environment;
}
