import { checkSettings } from '../../../lib/config/send-report-config.ts';
import { PURPOSES } from '../../../lib/naming.ts';
import { variablesOf } from '../../function-environment.ts';
import { LONGEST_ENVIRONMENT_NAME, partitionOf } from '../../naming.ts';
import { enoughStacks, fullStacks, MOST_RESOURCES } from '../../stacks/placement.ts';
import type { Database, Environment } from '../resolved-environment.ts';
import { portProblems } from './network-ports.ts';
import { mayReferToSameSecret } from './secret-reference.ts';

/** Lambda's limit for all variables of a function as one JSON object. */
const VARIABLES_LIMIT_BYTES = 4_096;

const ENVIRONMENT_NAME = new RegExp(`^[a-z][a-z0-9-]{0,${LONGEST_ENVIRONMENT_NAME - 1}}$`);

/** Problems of an environment's name. */
export function nameProblems(name: string): readonly string[] {
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

function duplicateProblems({ databases }: Environment): readonly string[] {
  return [...Map.groupBy(databases, ({ name }) => name)]
    .filter(([, group]) => group.length > 1)
    .map(
      ([name, { length }]) =>
        `database ${JSON.stringify(name)}: is there ${length} times; each needs a name of its own`,
    );
}

/** Databases whose reports would be read with the administrator's login of another database. */
function administratorProblems({ databases }: Environment): readonly string[] {
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

function stackProblems({ databases, stacks }: Environment): readonly string[] {
  const enough = enoughStacks(databases, stacks);
  const remedy = enough === undefined ? 'use a second environment' : `set stacks to ${enough}`;
  return fullStacks(databases, stacks).map(
    ({ stack, resources }) =>
      `stacks: number ${stack} of ${stacks} would have ${resources} resources, and is filled up to ${MOST_RESOURCES}, since CloudFormation ends at 500; ${remedy}, and see the README where it is deployed already`,
  );
}

/** Problems of an environment as a whole. */
export function environmentProblems(environment: Environment): readonly string[] {
  return [
    topicProblems,
    boundaryProblems,
    duplicateProblems,
    administratorProblems,
    stackProblems,
    portProblems,
  ].flatMap((problemsOf) => problemsOf(environment));
}

/** Puts a version in the place of the parameter that has it, whose value only the deployment knows. */
function withPlaceholderVersion(environment: Environment): Environment {
  const { latestVersionParameter, ...delivery } = environment.delivery;
  return latestVersionParameter === undefined
    ? environment
    : { ...environment, delivery: { ...delivery, latestVersion: '0.0.0' } };
}

/** Problems that the function would find in a database's variables, and Lambda in their size. */
export function variablesProblems(environment: Environment, database: Database): readonly string[] {
  const deployed = withPlaceholderVersion(environment);
  const problems: string[] = [];
  checkSettings(variablesOf('send-report', deployed, database), problems);
  // Those of configure can be the largest: the administrator's secret may have the longer name.
  const sizes = PURPOSES.map((purpose) =>
    Buffer.byteLength(JSON.stringify(variablesOf(purpose, deployed, database))),
  );
  const bytes = Math.max(...sizes);
  if (bytes > VARIABLES_LIMIT_BYTES) {
    problems.push(
      `variables: take ${bytes} bytes, and Lambda has room for ${VARIABLES_LIMIT_BYTES} in a function; put host and database into the secret`,
    );
  }
  return problems;
}
