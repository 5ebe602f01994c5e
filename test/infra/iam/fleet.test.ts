import { describe, expect, test } from 'vitest';
import { parseFleetSettings } from '../../../lib/fleet-report/settings.ts';
import { rolesOf } from '../../support/aws/deployed-roles.ts';
import { isAllowed } from '../../support/aws/policies.ts';
import { reachOf } from '../../support/aws/reach.ts';
import { at, fleet, KEY, KEY_ID, OTHER_ACCOUNT, prod } from '../../support/aws/role-fixtures.ts';
import { ACCOUNT, checked, REGION, synthesise } from '../../support/aws/synthesis.ts';

const TOPIC = at('sns', 'alarms');
const RUN = 'runs/environment=test/date=2026-11-28/database=metrics/20261128T040500Z-0.json.gz';
const STATE = 'fleet/environment=test/state.json.gz';

const withTopic = rolesOf(
  synthesise(checked({ alarmTopic: TOPIC, record: { kmsKey: KEY_ID } })),
).fleetReport();
const { role, variables } = withTopic;
const { bucket } = parseFleetSettings(variables);

/** The function, whose ARN AWS adds to the context of the calls of its code. */
const OWN = { 'aws:ResourceAccount': ACCOUNT, 'lambda:SourceFunctionArn': withTopic.arn };

function object(key: string): string {
  return `arn:aws:s3:::${bucket}/${key}`;
}

function listing(prefix: string, context: Record<string, string> = OWN) {
  return {
    action: 's3:ListBucket',
    resource: `arn:aws:s3:::${bucket}`,
    context: { ...context, 's3:prefix': prefix },
  };
}

describe('fleet-report may', () => {
  test.each([
    ['list a day of the record', listing('runs/environment=test/date=2026-11-28/')],
    ['list its results', listing('fleet/environment=test/')],
    ['read a run', { action: 's3:GetObject', resource: object(RUN), context: OWN }],
    ['read its state', { action: 's3:GetObject', resource: object(STATE), context: OWN }],
    ['replace its state', { action: 's3:PutObject', resource: object(STATE), context: OWN }],
    ['publish to the topic', { action: 'sns:Publish', resource: TOPIC, context: OWN }],
    [
      'decrypt the record',
      {
        action: 'kms:Decrypt',
        resource: KEY,
        context: {
          'kms:ViaService': `s3.${REGION}.amazonaws.com`,
          'kms:EncryptionContext:aws:s3:arn': `arn:aws:s3:::${bucket}`,
        },
      },
    ],
    [
      'use the key of the topic',
      {
        action: 'kms:GenerateDataKey',
        resource: at('kms', 'key/1b2c3d4e-4e5f-6071-8293-a4b5c6d7e8f9'),
        context: {
          'kms:ViaService': `sns.${REGION}.amazonaws.com`,
          'kms:EncryptionContext:aws:sns:topicArn': TOPIC,
        },
      },
    ],
  ])('%s', async (_what, request) => {
    expect(await isAllowed(role, request)).toBe(true);
  });
});

describe('fleet-report may not', () => {
  const abroad = { ...OWN, 'aws:ResourceAccount': OTHER_ACCOUNT };
  test.each([
    ['list another environment', listing('runs/environment=test-2/date=2026-11-28/')],
    ['list the whole bucket', listing('')],
    ['list a bucket of that name in another account', listing('fleet/environment=test/', abroad)],
    [
      'read a run of another environment',
      { action: 's3:GetObject', resource: object(RUN.replace('=test', '=prod')), context: OWN },
    ],
    [
      'read another object',
      { action: 's3:GetObject', resource: object('query-results/x'), context: OWN },
    ],
    ['replace a run', { action: 's3:PutObject', resource: object(RUN), context: OWN }],
    [
      'create a run',
      {
        action: 's3:PutObject',
        resource: object(RUN),
        context: { ...OWN, 's3:if-none-match': '*' },
      },
    ],
    [
      'write results of another environment',
      { action: 's3:PutObject', resource: object(STATE.replace('=test', '=prod')), context: OWN },
    ],
    ['delete a run', { action: 's3:DeleteObject', resource: object(RUN), context: OWN }],
    ['delete its state', { action: 's3:DeleteObject', resource: object(STATE), context: OWN }],
    [
      'publish to another topic',
      { action: 'sns:Publish', resource: at('sns', 'other'), context: OWN },
    ],
    ['subscribe to the topic', { action: 'sns:Subscribe', resource: TOPIC, context: OWN }],
    [
      'read a secret',
      {
        action: 'secretsmanager:GetSecretValue',
        resource: at('secretsmanager', 'secret:test/metrics-AbCdEf'),
        context: OWN,
      },
    ],
    [
      'decrypt a secret',
      {
        action: 'kms:Decrypt',
        resource: KEY,
        context: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` },
      },
    ],
    [
      'invoke a function',
      {
        action: 'lambda:InvokeFunction',
        resource: fleet.of('metrics', 'send-report').arn,
        context: OWN,
      },
    ],
  ])('%s', async (_what, request) => {
    expect(await isAllowed(role, request)).toBe(false);
  });

  test('use its permissions outside of its code', async () => {
    const { 'lambda:SourceFunctionArn': _, ...context } = OWN;
    const request = { action: 's3:GetObject', resource: object(RUN), context };
    await expect(isAllowed(role, request)).rejects.toThrow('The boundary denies');
  });
});

test('of all actions of AWS, fleet-report is allowed only those that it needs', () => {
  const actions = [
    'logs:CreateLogStream',
    'logs:PutLogEvents',
    's3:GetObject',
    's3:ListBucket',
    's3:PutObject',
    'sqs:SendMessage',
  ];
  expect(reachOf(fleet.fleetReport().role)).toEqual(actions);
  expect(reachOf(role)).toEqual(
    [...actions, 'kms:Decrypt', 'kms:GenerateDataKey', 'sns:Publish'].toSorted(),
  );
});

test('no function of a database may list or read the record', async () => {
  for (const { role: other, arn } of fleet.functions) {
    const context = { 'aws:ResourceAccount': ACCOUNT, 'lambda:SourceFunctionArn': arn };
    expect(await isAllowed(other, listing('runs/environment=test/', context))).toBe(false);
    const read = { action: 's3:GetObject', resource: object(RUN), context };
    expect(await isAllowed(other, read)).toBe(false);
  }
});

test('the role of its schedule may invoke fleet-report, and no function of a database', async () => {
  const { scheduler, arn } = fleet.fleetReport();
  const invoke = (resource: string) => ({ action: 'lambda:InvokeFunction', resource });
  expect(await isAllowed(scheduler, invoke(arn))).toBe(true);
  expect(await isAllowed(scheduler, invoke(prod.fleetReport().arn))).toBe(false);
  for (const one of fleet.functions)
    expect(await isAllowed(scheduler, invoke(one.arn))).toBe(false);
  for (const one of fleet.schedulers.values())
    expect(await isAllowed(one, invoke(arn))).toBe(false);
});
