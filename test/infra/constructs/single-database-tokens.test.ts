import { CfnParameter } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { resolveTemplate } from '../../support/aws/compare/resolve-template.ts';
import { createSingle, templateOf } from '../../support/aws/single-database.ts';
import { ACCOUNT, REGION } from '../../support/aws/synthesis.ts';

describe('parameters of a template', () => {
  const VALUES = {
    Environment: 'prod',
    Name: 'metrics.example',
    LoginArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:reporter-AbCdEf',
    Host: 'db.example.com',
    Port: 5_433,
    Database: 'tsdb',
    ServerName: 'db.internal',
    Level: 'basic',
    Endpoint: 'https://collector.example.com/',
    Minute: 7,
    Hour: 23,
    Archives: 'archives',
    Version: '1.0.0/',
  };

  const single = createSingle((stack) => {
    const text = (id: string) => new CfnParameter(stack, id).valueAsString;
    const number = (id: string) => new CfnParameter(stack, id, { type: 'Number' }).valueAsNumber;
    return {
      environment: text('Environment'),
      name: text('Name'),
      secret: Secret.fromSecretCompleteArn(stack, 'Reporter', text('LoginArn')),
      host: text('Host'),
      port: number('Port'),
      database: text('Database'),
      tls: { serverName: text('ServerName') },
      levelWhenUnset: text('Level') as 'basic',
      delivery: { endpoint: text('Endpoint') },
      tickAt: { minute: number('Minute'), hour: number('Hour') },
      code: {
        bucket: Bucket.fromBucketName(stack, 'Bucket', text('Archives')),
        prefix: text('Version'),
      },
    };
  }, {});
  const resources = resolveTemplate(templateOf(single), {
    account: ACCOUNT,
    region: REGION,
    parameters: VALUES,
  });
  const of = (type: string) => resources.filter((one) => one.type === `AWS::${type}`);

  test('are in the variables of the functions, which accept them', () => {
    const [sender] = of('Lambda::Function');
    const { Variables } = Object(sender?.properties['Environment']);
    expect(parseSettings(Variables)).toMatchObject({
      target: {
        environment: 'prod',
        name: 'metrics.example',
        secretId: VALUES.LoginArn,
        host: 'db.example.com',
        port: 5_433,
        database: 'tsdb',
        tls: { mode: 'verify-full', serverName: 'db.internal' },
        levelWhenUnset: 'basic',
        tickHours: 24,
      },
      delivery: { endpoint: 'https://collector.example.com/' },
      retry: { scheduleGroup: expect.stringMatching(/^generated-/) },
    });
    expect(sender?.properties['Code']).toEqual({
      S3Bucket: 'archives',
      S3Key: '1.0.0/send-report.zip',
    });
  });

  test('decide the time of the schedule, and the names of the alarm’s dimensions', () => {
    expect(of('Scheduler::Schedule')[0]?.properties).toMatchObject({
      ScheduleExpression: 'cron(7 23 * * ? *)',
      Description: 'Every 24 h: send-report of metrics.example',
    });
    expect(JSON.stringify(of('CloudWatch::Alarm'))).toContain('"Value":"metrics.example"');
  });

  test('leave every name of retries in the group of the database, whose hash is not known', () => {
    const [group] = of('Scheduler::ScheduleGroup');
    const pattern = `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule/${group?.name}/*`;
    expect(JSON.stringify(of('IAM::Role'))).toContain(`"Resource":"${pattern}"`);
  });

  test('may be the secret of another account, by its partial ARN', () => {
    const foreign = createSingle((stack) => ({
      secret: Secret.fromSecretPartialArn(
        stack,
        'Foreign',
        `arn:aws:secretsmanager:${REGION}:210987654321:secret:reporter`,
      ),
    }));
    const text = JSON.stringify(
      resolveTemplate(templateOf(foreign), { account: ACCOUNT, region: REGION }),
    );
    expect(text).toContain(`:210987654321:secret:reporter-??????"`);
    expect(text).toContain(`\\"secretId\\":\\"arn:aws:secretsmanager:${REGION}:210987654321:`);
  });
});
