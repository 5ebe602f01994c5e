import * as z from 'zod/mini';
import { checkSettings } from '../../lib/config/send-report-config.ts';
import { check } from '../../lib/config/validate.ts';
import { PURPOSES } from '../../lib/naming.ts';
import { variablesOf } from '../function-environment.ts';
import { LONGEST_ENVIRONMENT_NAME, partitionOf, policyArn } from '../naming.ts';
import { enoughStacks, fullStacks, MOST_RESOURCES } from '../stacks/placement.ts';
import type { EnvironmentSettings } from './environment.ts';
import { portProblems } from './network-ports.ts';
import type { Database, Environment } from './resolved-environment.ts';
import {
  type CheckedEnvironment,
  type CheckedNetwork,
  databaseSchema,
  defaultsSchema,
  environmentSchema,
  networkSchema,
} from './schema.ts';
import { mayReferToSameSecret } from './secret-reference.ts';
import { toDatabase } from './validate-database.ts';

/** Lambda's limit, of all variables of a function as one JSON object. */
const VARIABLES_LIMIT_BYTES = 4_096;

/** Everything that is wrong with an environment, for the person who wrote it. */
export class EnvironmentError extends Error {
  readonly problems: readonly string[];

  constructor(name: string, problems: readonly string[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const list = problems.map((problem) => `  - ${problem}.`).join('\n');
    super(`The environment ${name} has ${count}, and nothing was synthesised:\n\n${list}\n`);
    this.name = 'EnvironmentError';
    this.problems = problems;
  }
}

const ENVIRONMENT_NAME = new RegExp(`^[a-z][a-z0-9-]{0,${LONGEST_ENVIRONMENT_NAME - 1}}$`);

function nameProblems(name: string): readonly string[] {
  if (/-\d+$/.test(name)) {
    return [
      "its name: must not end in a hyphen and a number, as the stacks of another environment's databases do, which a deployment would overwrite; rename the file",
    ];
  }
  if (ENVIRONMENT_NAME.test(name)) return [];
  return [
    `its name: must be 1 to ${LONGEST_ENVIRONMENT_NAME} lower-case letters, digits and hyphens, the first a letter, since stacks, queues and roles are named after it; rename the file`,
  ];
}

/** Which database a problem is in, by its name as far as it has one. */
function labelOf(settings: unknown, index: number): string {
  const isObject = typeof settings === 'object' && settings !== null;
  const name: unknown = isObject ? Reflect.get(settings, 'name') : undefined;
  return typeof name === 'string' && name !== ''
    ? `database ${JSON.stringify(name)}`
    : `databases[${index}]`;
}

function duplicateProblems(databases: readonly Database[]): readonly string[] {
  return [...Map.groupBy(databases, ({ name }) => name)]
    .filter(([, group]) => group.length > 1)
    .map(
      ([name, { length }]) =>
        `database ${JSON.stringify(name)}: is there ${length} times; each needs a name of its own`,
    );
}

/** Databases whose reports would be read with the administrator's login of another database. */
function administratorProblems(databases: readonly Database[]): readonly string[] {
  return databases.flatMap(({ name, secret, configure }) =>
    configure === undefined || mayReferToSameSecret(configure, secret)
      ? []
      : databases
          .filter((other) => mayReferToSameSecret(configure, other.secret))
          .map(
            (other) =>
              `database ${JSON.stringify(name)} configure.secret: is the one that reports of database ${JSON.stringify(other.name)} are read with; configure needs an administrator's login, and reporting must not have one, so give each its own`,
          ),
  );
}

/** CloudWatch tells topics of its own region alone. */
function topicProblems({ place, alarmTopic }: Environment): readonly string[] {
  if (alarmTopic === undefined || place.isPlaceholder) return [];
  const [, partition, , region] = alarmTopic.split(':');
  if (region !== place.region) {
    return [
      `alarmTopic: is in ${region}, and an alarm can tell only topics of its own region, ${place.region}; give one that is there`,
    ];
  }
  return partition === partitionOf(place)
    ? []
    : [
        `alarmTopic: its ARN begins with arn:${partition}:, and ${region} is in the partition ${partitionOf(place)}; copy the ARN from the console of that region`,
      ];
}

/** IAM takes a boundary from the account of the role, or one of AWS's own. */
function boundaryProblems({ place, permissionsBoundary }: Environment): readonly string[] {
  if (permissionsBoundary === undefined || place.isPlaceholder) return [];
  const [, partition = '', , , account = ''] = permissionsBoundary.split(':');
  return partition === partitionOf(place) && [place.account, 'aws'].includes(account)
    ? []
    : [
        `permissionsBoundary: is a policy of the account ${account} in the partition ${partition}, and IAM takes only one of the account ${place.account} in ${partitionOf(place)}, or of AWS there; give its name, or the ARN of one that is there`,
      ];
}

function stackProblems(databases: readonly Database[], stacks: number): readonly string[] {
  const enough = enoughStacks(databases, stacks);
  const remedy = enough === undefined ? 'use a second environment' : `set stacks to ${enough}`;
  return fullStacks(databases, stacks).map(
    ({ stack, resources }) =>
      `stacks: number ${stack} of ${stacks} would have ${resources} resources, and is filled up to ${MOST_RESOURCES}, since CloudFormation ends at 500; ${remedy}, and see the README where it is deployed already`,
  );
}

/** With a version in the place of the parameter that has it: what that holds is known at the deployment alone. */
function asDeployed(environment: Environment): Environment {
  const { latestVersionParameter, ...delivery } = environment.delivery;
  return latestVersionParameter === undefined
    ? environment
    : { ...environment, delivery: { ...delivery, latestVersion: '0.0.0' } };
}

/** What the function itself would say of its variables, and Lambda of their size. */
function variablesProblems(environment: Environment, database: Database): readonly string[] {
  const deployed = asDeployed(environment);
  const problems: string[] = [];
  checkSettings(variablesOf('send-report', deployed, database), problems);
  // That of configure can be the largest: the administrator's secret may have the longer name.
  const sizes = PURPOSES.map((purpose) =>
    Buffer.byteLength(JSON.stringify(variablesOf(purpose, deployed, database))),
  );
  const bytes = Math.max(...sizes);
  if (bytes > VARIABLES_LIMIT_BYTES) {
    problems.push(
      `its variables take ${bytes} bytes, and Lambda has room for ${VARIABLES_LIMIT_BYTES} in a function; put host and database into the secret`,
    );
  }
  return problems.map((problem) => `database ${JSON.stringify(database.name)}: ${problem}`);
}

function networksOf(
  settings: CheckedEnvironment['networks'],
  problems: string[],
): ReadonlyMap<string, CheckedNetwork> {
  const networks = new Map<string, CheckedNetwork>();
  for (const [name, network] of Object.entries(settings)) {
    const where = `network ${JSON.stringify(name)}`;
    if (!/^[\w-]{1,64}$/.test(name)) {
      problems.push(`${where}: its name must be 1 to 64 letters, digits, hyphens or underscores`);
    }
    const checked = check(where, networkSchema, network, problems);
    if (checked !== undefined) networks.set(name, checked);
  }
  return networks;
}

/**
 * Checks an object, and goes on with what can be used of it, and placeholders, when something is wrong: one problem must
 * not hide the next. Undefined when it is no object at all.
 */
function checkOn<T, Shape extends z.core.$ZodShape>(
  where: string,
  schema: z.ZodMiniType<T> & z.ZodMiniObject<Shape>,
  written: unknown,
  placeholders: object,
  problems: string[],
): T | undefined {
  const checked = check(where, schema, written, problems);
  if (checked !== undefined || typeof written !== 'object' || written === null) return checked;
  const usable = Object.entries(schema.shape).flatMap(([key, one]) => {
    const value: unknown = Reflect.get(written, key);
    return z.safeParse(one, value).success ? [[key, value] as const] : [];
  });
  return schema.parse({ ...placeholders, ...Object.fromEntries(usable) });
}

/**
 * An environment as it is written, checked.
 *
 * @param now in milliseconds since 1970; certificates expire
 * @throws EnvironmentError with every problem at once, each with what to do about it
 */
export function checkEnvironment(
  name: string,
  settings: EnvironmentSettings,
  now: number,
): Environment {
  const problems = [...nameProblems(name)];
  const placeholders = { account: '000000000000', region: 'us-east-1', databases: [] };
  const checked = checkOn('environment', environmentSchema, settings, placeholders, problems);
  if (checked === undefined) throw new EnvironmentError(name, problems);
  const { account, region, stacks, alarmTopic, permissionsBoundary } = checked;
  const defaults = checkOn('defaults', defaultsSchema, checked.defaults, {}, problems) ?? {};
  const isPlaceholder = account !== settings.account || region !== settings.region;
  const place = { environment: name, account, region, ...(isPlaceholder && { isPlaceholder }) };
  const serverContext = {
    place,
    defaults,
    networks: Object.keys(checked.networks),
    proxy: checked.delivery.proxy,
    stacks,
    now,
  };
  const databases = checked.databases.flatMap((written, index) => {
    const where = labelOf(written, index);
    const unknown = { name: `number-${index}`, secret: 'unknown' };
    const database = checkOn(where, databaseSchema, written, unknown, problems);
    return database === undefined ? [] : [toDatabase(where, database, serverContext, problems)];
  });
  const environment: Environment = {
    place,
    databases,
    networks: networksOf(checked.networks, problems),
    delivery: checked.delivery,
    ...(alarmTopic !== undefined && { alarmTopic }),
    logRetentionDays: checked.logRetentionDays,
    logLevel: checked.logLevel,
    ...(checked.bootstrapQualifier !== undefined && {
      bootstrapQualifier: checked.bootstrapQualifier,
    }),
    ...(permissionsBoundary !== null && {
      permissionsBoundary: policyArn(place, permissionsBoundary),
    }),
    stacks,
  };
  problems.push(
    ...topicProblems(environment),
    ...boundaryProblems(environment),
    ...duplicateProblems(databases),
    ...administratorProblems(databases),
    ...stackProblems(databases, stacks),
    ...portProblems(environment),
    ...databases.flatMap((database) => variablesProblems(environment, database)),
  );
  if (problems.length > 0) throw new EnvironmentError(name, problems);
  return environment;
}
