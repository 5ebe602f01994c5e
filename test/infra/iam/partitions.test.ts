import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { PURPOSES } from '../../../lib/naming.ts';
import { recordKey } from '../../../lib/record/record-key.ts';
import { rolesOf } from '../../support/aws/deployed-roles.ts';
import { isAllowed } from '../../support/aws/policies.ts';
import {
  CREATE,
  decrypting,
  INVOKE,
  PASS,
  READ,
  retryOf,
  SEND,
} from '../../support/aws/requests.ts';
import { KEY_ID } from '../../support/aws/role-fixtures.ts';
import { ACCOUNT, aDatabase, checked, synthesise } from '../../support/aws/synthesis.ts';

describe.each([
  { region: 'cn-north-1', partition: 'aws-cn', domain: 'amazonaws.com.cn' },
  { region: 'us-gov-west-1', partition: 'aws-us-gov', domain: 'amazonaws.com' },
])('in the partition $partition', ({ region, partition, domain }) => {
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${ACCOUNT}:${resource}`;
  const { functions, schedulers } = rolesOf(
    synthesise(
      checked({
        region,
        record: { kmsKey: KEY_ID },
        networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
        databases: [
          aDatabase('metrics', {
            secret: 'fleet/metrics',
            kmsKey: KEY_ID,
            network: 'main',
            configure: { secret: 'fleet/administrator', kmsKey: KEY_ID },
          }),
        ],
      }),
    ),
  );

  test('a database has all functions, and every role has the boundary', () => {
    expect(functions.map(({ purpose }) => purpose)).toEqual(PURPOSES);
    for (const role of [...functions.map((one) => one.role), ...schedulers.values()]) {
      expect(role.boundary, role.title).toBeDefined();
    }
  });

  test('send-report may schedule its retry, and the scheduler may invoke it', async () => {
    const [sender] = functions;
    const [scheduler] = schedulers.values();
    if (sender === undefined || scheduler === undefined) throw new Error('A role is missing.');
    const { name, group, roleArn, deadLetterQueueArn = '' } = retryOf(sender);
    const resource = arn('scheduler', `schedule/${group}/${name}`);
    expect(roleArn).toBe(scheduler.arn);
    expect(await isAllowed(sender.role, { ...CREATE, resource })).toBe(true);
    expect(await isAllowed(sender.role, { ...PASS, resource: roleArn })).toBe(true);
    expect(await isAllowed(scheduler, { ...INVOKE, resource: sender.arn })).toBe(true);
    expect(await isAllowed(scheduler, { ...SEND, resource: deadLetterQueueArn })).toBe(true);
    const queue = sender.onFailure ?? '';
    expect(await isAllowed(sender.role, { ...SEND, resource: queue })).toBe(true);
  });

  test('send-report may create and encrypt objects of the record', async () => {
    const [{ role, variables } = {}] = functions;
    const { record } = parseSettings(variables ?? {});
    if (role === undefined || record === undefined) throw new Error('There is no record.');
    const bucket = `arn:${partition}:s3:::${record.bucket}`;
    const key = recordKey({ environment: 'test', database: 'metrics', time: 0, attempt: 0 });
    const create = {
      action: 's3:PutObject',
      resource: `${bucket}/${key}`,
      context: { 's3:if-none-match': '*', 'aws:ResourceAccount': ACCOUNT },
    };
    const encrypt = {
      action: 'kms:GenerateDataKey',
      resource: arn('kms', `key/${KEY_ID}`),
      context: {
        'kms:ViaService': `s3.${region}.${domain}`,
        'kms:EncryptionContext:aws:s3:arn': bucket,
      },
    };
    expect(await isAllowed(role, create)).toBe(true);
    expect(await isAllowed(role, encrypt)).toBe(true);
  });

  test.each(functions)(
    '$title may read and decrypt its secret and write its log, and Lambda may create its interface',
    async ({ role, purpose, arn: own, target: { secretId } }) => {
      const secret = arn('secretsmanager', `secret:${secretId}-Qw3rTy`);
      const decrypt = decrypting(secret, `secretsmanager.${region}.${domain}`);
      const create = {
        action: 'ec2:CreateNetworkInterface',
        resource: arn('ec2', 'network-interface/*'),
      };
      const log = `log-group:/timescaledb-telemetry/test/${purpose}:log-stream:one`;
      const may = (request: Parameters<typeof isAllowed>[1]) => isAllowed(role, request);
      expect(await may({ ...READ, resource: secret })).toBe(true);
      expect(await may({ ...decrypt, resource: arn('kms', `key/${KEY_ID}`) })).toBe(true);
      expect(await may({ action: 'logs:PutLogEvents', resource: arn('logs', log) })).toBe(true);
      expect(await may(create)).toBe(true);
      expect(await may({ ...create, context: { 'lambda:SourceFunctionArn': own } })).toBe(false);
    },
  );
});
