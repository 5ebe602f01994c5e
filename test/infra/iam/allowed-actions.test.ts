import { describe, expect, test } from 'vitest';
import { type DeployedFunction, rolesOf } from '../../support/aws/deployed-roles.ts';
import type { Role } from '../../support/aws/policies.ts';
import { ALL_ACTIONS, reachOf } from '../../support/aws/reach.ts';
import { LOG_ACTIONS, NETWORK_ACTIONS } from '../../support/aws/requests.ts';
import {
  DATABASES_WITH_KEY,
  DATABASES_WITH_WORKER,
  ENVIRONMENTS,
  fleet,
  functions,
  prod,
  roles,
  STACKS,
} from '../../support/aws/role-fixtures.ts';

describe('the policies of an environment', () => {
  test.each(ENVIRONMENTS)(
    'of $environment.place.environment belong to roles that these tests judge',
    (synthesis) => {
      const { functions: deployed, workers: others, all } = rolesOf(synthesis);
      const judged = all.length;
      // Two of the report on the fleet.
      const used = deployed.length + others.length + synthesis.environment.stacks + 2;
      expect(synthesis.resources('AWS::IAM::Role')).toHaveLength(judged);
      expect(judged).toBe(used);
    },
  );

  test.each(ENVIRONMENTS)(
    'of $environment.place.environment are the inline policies of roles and the policies of queues and buckets',
    (synthesis) => {
      const types = synthesis.resources().map(([, { Type }]) => Type);
      const permitting = types.filter((type) => /^AWS::IAM::|Permission$|Policy$/.test(type));
      expect(new Set(permitting)).toEqual(
        new Set(['AWS::IAM::Role', 'AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy']),
      );
      for (const [, { Properties }] of synthesis.resources('AWS::IAM::Role')) {
        expect(Properties).not.toHaveProperty('ManagedPolicyArns');
      }
    },
  );
});

/** Every action that a function's role may be allowed on any resource. */
function expectedActions({ database, purpose, inNetwork }: DeployedFunction): readonly string[] {
  return [
    ...LOG_ACTIONS,
    'secretsmanager:GetSecretValue',
    ...(DATABASES_WITH_KEY.includes(database) ? ['kms:Decrypt'] : []),
    ...(inNetwork ? NETWORK_ACTIONS : []),
    ...(DATABASES_WITH_WORKER.includes(database) ? ['lambda:InvokeFunction'] : []),
    ...(purpose === 'get-report' ? [] : ['sqs:SendMessage']),
    ...(purpose === 'send-report'
      ? ['iam:PassRole', 's3:PutObject', 'scheduler:CreateSchedule']
      : []),
  ].toSorted();
}

/** Returns the actions that the statements of a role allow, as they are written. */
function writtenActions({ statements }: Role): readonly string[] {
  const allows = statements.filter(({ Effect }) => Effect === 'Allow');
  return [...new Set(allows.flatMap(({ Action }) => Action))].toSorted();
}

describe('of all actions of AWS, on any resource and under any condition,', () => {
  test('more than 20,000 are tested', () => {
    expect(ALL_ACTIONS.length).toBeGreaterThan(20_000);
    expect(ALL_ACTIONS).toEqual(
      expect.arrayContaining(['iam:PassRole', 'lambda:InvokeFunction', ...NETWORK_ACTIONS]),
    );
  });

  test.each(functions)('the role of $title is allowed only those that it needs', (one) => {
    expect(reachOf(one.role)).toEqual(expectedActions(one));
  });

  test.each(STACKS)(
    'the role of the scheduler of $stack is allowed to invoke functions and to send messages',
    ({ role }) => {
      const hasNoDatabases = role === prod.schedulers.get('timescaledb-telemetry-prod-4');
      expect(reachOf(role)).toEqual(
        hasNoDatabases ? ['sqs:SendMessage'] : ['lambda:InvokeFunction', 'sqs:SendMessage'],
      );
    },
  );

  test.each(roles)('the role of $title is allowed only those that its policy names', (role) => {
    expect(writtenActions(role)).toEqual(reachOf(role));
  });
});

const fleetReach = [...fleet.functions, ...fleet.workers].map(({ title, role }) => ({
  title,
  reach: reachOf(role),
}));

test.each([
  ['use Lambda, except for invoking its worker', /^lambda:(?!InvokeFunction$)/],
  ['list or change secrets', /^secretsmanager:(?!GetSecretValue$)/],
  ['encrypt with a key, or create a grant for it', /^kms:(?!Decrypt$)/],
  ['read, change or delete a schedule', /^scheduler:(?!CreateSchedule$)/],
  ['use IAM, except for passing the role of the scheduler', /^iam:(?!PassRole$)/],
  ['assume another role', /^sts:/],
  ['read, delete or forward logs', /^logs:(?!CreateLogStream$|PutLogEvents$)/],
  ['receive or delete messages of a queue', /^sqs:(?!SendMessage$)/],
  ['write metrics, except through its log', /^cloudwatch:/],
  ['read, list, change or delete an object or a bucket of S3', /^s3:(?!PutObject$)/],
  ['read or write a parameter of SSM', /^ssm:/],
  ['use DynamoDB', /^dynamodb:/],
  ['use RDS, except by a login to a database', /^rds/],
  ['send e-mail, notifications, events or streams', /^(sns|ses|events|firehose|kinesis):/],
])('no function may %s', (_, forbidden) => {
  expect(ALL_ACTIONS.some((action) => forbidden.test(action))).toBe(true);
  for (const { title, reach } of fleetReach) {
    expect(
      reach.filter((action) => forbidden.test(action)),
      title,
    ).toEqual([]);
  }
});
