import { checkSettings } from '../../../lib/config/send-report-config.ts';
import { PURPOSES } from '../../../lib/naming.ts';
import { variablesOf } from '../../function-environment.ts';
import { MAX_ENVIRONMENT_NAME_LENGTH, partitionOf } from '../../naming.ts';
import { enoughStacks, fullStacks, MAX_RESOURCES } from '../../stacks/placement.ts';
import type { Database, Environment } from '../resolved-environment.ts';
import { portProblems } from './network-ports.ts';
import { mayReferToSameSecret } from './secret-reference.ts';

/** Lambda's limit for all variables of a function as one JSON object. */
const VARIABLES_LIMIT_BYTES = 4_096;

const ENVIRONMENT_NAME = new RegExp(`^[a-z][a-z0-9-]{0,${MAX_ENVIRONMENT_NAME_LENGTH - 1}}$`);

/** Problems of an environment's name. */
export function nameProblems(name: string): readonly string[] {
  if (/-\d+$/.test(name)) {
    return [
      'name: must not end in a hyphen and a number, because a deployment would overwrite the stacks of another environment; rename the file',
    ];
  }
  if (ENVIRONMENT_NAME.test(name)) return [];
  return [
    `name: must be 1 to ${MAX_ENVIRONMENT_NAME_LENGTH} lower-case letters, digits and hyphens, and begin with a letter, because stacks, queues and roles are named after it; rename the file`,
  ];
}

function duplicateProblems({ databases }: Environment): readonly string[] {
  return [...Map.groupBy(databases, ({ name }) => name)]
    .filter(([, group]) => group.length > 1)
    .map(
      ([name, { length }]) =>
        `database ${JSON.stringify(name)}: occurs ${length} times; give each database a name of its own`,
    );
}

/** Problems of databases whose reports would be read with the administrator's login of another database. */
function administratorProblems({ databases }: Environment): readonly string[] {
  return databases.flatMap(({ name, secret, configure }) =>
    configure === undefined || mayReferToSameSecret(configure, secret)
      ? []
      : databases
          .filter((other) => mayReferToSameSecret(configure, other.secret))
          .map(
            (other) =>
              `database ${JSON.stringify(name)} configure.secret: is also the secret for reporting of database ${JSON.stringify(other.name)}; create one secret for each, because configure needs an administrator's login and reporting must not have one`,
          ),
  );
}

/** CloudWatch alarms publish to topics of their own region only. */
function topicProblems({ place, alarmTopic }: Environment): readonly string[] {
  if (alarmTopic === undefined || place.isPlaceholder) return [];
  const [, partition, , region] = alarmTopic.split(':');
  if (region !== place.region) {
    return [
      `alarmTopic: is in ${region}, but alarms publish to topics of their own region only; use a topic in ${place.region}`,
    ];
  }
  return partition === partitionOf(place)
    ? []
    : [
        `alarmTopic: its ARN begins with arn:${partition}:, but ${region} is in the partition ${partitionOf(place)}; copy the ARN from the console of that region`,
      ];
}

/** IAM accepts a boundary of the role's account, or one managed by AWS. */
function boundaryProblems({ place, permissionsBoundary }: Environment): readonly string[] {
  if (permissionsBoundary === undefined || place.isPlaceholder) return [];
  const [, partition = '', , , account = ''] = permissionsBoundary.split(':');
  return partition === partitionOf(place) && [place.account, 'aws'].includes(account)
    ? []
    : [
        `permissionsBoundary: is a policy of account ${account} in partition ${partition}, but IAM accepts only policies of account ${place.account} and of AWS in partition ${partitionOf(place)}; set the name or the ARN of such a policy`,
      ];
}

/** Without alarms of databases, missing runs are detected from the record. */
function alarmProblems({ alarms, record, fleet }: Environment): readonly string[] {
  if (alarms !== 'environment' || fleet !== undefined) return [];
  const [what, key] =
    record === undefined ? ['the record', 'record'] : ['the report on the fleet', 'fleet'];
  return [
    `alarms: 'environment' detects missing runs from ${what}, which is turned off; remove ${key}: false, or set alarms to 'database'`,
  ];
}

function fleetProblems({ fleet, alarmTopic, databases }: Environment): readonly string[] {
  const { digest = 'off', mute = [] } = fleet ?? {};
  const names = new Set(databases.map(({ name }) => name));
  return [
    ...(digest !== 'off' && alarmTopic === undefined
      ? ['digest: is published to alarmTopic, which is not set; set it, or remove digest']
      : []),
    ...mute.flatMap(({ database }, index) =>
      database === undefined || names.has(database)
        ? []
        : [`mute[${index}].database: the environment has no database ${JSON.stringify(database)}`],
    ),
  ];
}

function stackProblems({ databases, stacks, alarms }: Environment): readonly string[] {
  const enough = enoughStacks(databases, stacks, alarms);
  const remedy = enough === undefined ? 'use a second environment' : `set stacks to ${enough}`;
  return fullStacks(databases, stacks, alarms).map(
    ({ stack, resources }) =>
      `stacks: stack ${stack} of ${stacks} would have ${resources} resources, but the limit is ${MAX_RESOURCES} (500 in CloudFormation, less a reserve); ${remedy}, and if the environment is deployed already, follow docs/deploying.md, "Many databases"`,
  );
}

/** Problems of an environment as a whole. */
export function environmentProblems(environment: Environment): readonly string[] {
  return [
    topicProblems,
    boundaryProblems,
    duplicateProblems,
    administratorProblems,
    alarmProblems,
    fleetProblems,
    stackProblems,
    portProblems,
  ].flatMap((problemsOf) => problemsOf(environment));
}

/** Replaces the parameter of the latest version by a version: only the deployment knows the parameter's value. */
function withPlaceholderVersion(database: Database): Database {
  const { latestVersionParameter, ...delivery } = database.delivery;
  return latestVersionParameter === undefined
    ? database
    : { ...database, delivery: { ...delivery, latestVersion: '0.0.0' } };
}

/** Problems of the environment variables of a database's functions: their values and their size. */
export function variablesProblems(environment: Environment, database: Database): readonly string[] {
  const deployed = withPlaceholderVersion(database);
  const problems: string[] = [];
  checkSettings(variablesOf('send-report', environment, deployed), problems);
  // Those of configure can be the largest: the administrator's secret may have the longer name.
  const sizes = PURPOSES.map((purpose) =>
    Buffer.byteLength(JSON.stringify(variablesOf(purpose, environment, deployed))),
  );
  const bytes = Math.max(...sizes);
  if (bytes > VARIABLES_LIMIT_BYTES) {
    problems.push(
      `environment variables: take ${bytes} bytes, but Lambda's limit is ${VARIABLES_LIMIT_BYTES}; move host and database into the secret`,
    );
  }
  return problems;
}
