import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../../infra/config/quotas.ts';
import { FLEET_METRICS, METRICS, METRICS_NAMESPACE } from '../../../lib/naming.ts';
import { constructOf, property } from '../../support/aws/constructs.ts';
import {
  checked,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const prod = await synthesiseFixture('prod');

describe('the alarms', () => {
  test('of a database detect two ticks without a completed run, also without any data', () => {
    expect(constructOf(prod, 'warehouse', 'MissingRuns').Properties).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      Dimensions: [
        { Name: 'service', Value: 'timescaledb-telemetry' },
        { Name: 'environment', Value: 'prod' },
        { Name: 'database', Value: 'warehouse' },
      ],
      MetricName: 'Completed',
      Period: 3_600,
      EvaluationPeriods: 2,
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
    expect(constructOf(prod, 'metrics', 'MissingRuns').Properties).toMatchObject({
      Period: 86_400,
    });
  });

  test('of databases are left out with alarms: environment, and so are their metrics', () => {
    const synthesis = synthesise(checked({ alarms: 'environment' }));
    const names = synthesis
      .resources('AWS::CloudWatch::Alarm')
      .map(([, { Properties }]) => Properties['AlarmName']);
    expect(names).toHaveLength(5);
    expect(names.join()).not.toContain('missing-runs');
    const variablesIn = (of: Synthesis, construct: string) =>
      property<{ readonly Variables: object }>(
        constructOf(of, 'metrics', `${construct}/Function`),
        'Environment',
      ).Variables;
    expect(variablesIn(synthesis, 'SendReport')).toMatchObject({ METRICS: 'environment' });
    expect(variablesIn(synthesis, 'GetReport')).not.toHaveProperty('METRICS');
    expect(variablesIn(prod, 'SendReport')).not.toHaveProperty('METRICS');
    expect(figuresOf(synthesis.environment, 0).alarms).toBe(5);
  });

  test('publish ALARM and OK to the topic of the environment, if it has one', () => {
    const topic = ['arn:aws:sns:eu-central-1:333333333333:database-alarms'];
    const alarms = prod.resources('AWS::CloudWatch::Alarm');
    expect(alarms).toHaveLength(10);
    for (const [, { Properties }] of alarms) {
      expect(Properties).toMatchObject({ AlarmActions: topic, OKActions: topic });
    }
    for (const [, { Properties }] of synthesise(checked()).resources('AWS::CloudWatch::Alarm')) {
      expect(Properties['AlarmActions'] ?? []).toEqual([]);
    }
  });

  test('use metrics and dimensions that the functions write', () => {
    const own = prod
      .resources('AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) => Properties['Namespace'] === METRICS_NAMESPACE);
    expect(own).toHaveLength(8);
    for (const [, { Properties }] of own) {
      expect([...METRICS, ...FLEET_METRICS]).toContain(Properties['MetricName']);
      const names = (Properties['Dimensions'] as readonly { readonly Name: string }[]).map(
        ({ Name }) => Name,
      );
      expect(names.toSorted()).toEqual(
        names.length === 2 ? ['environment', 'service'] : ['database', 'environment', 'service'],
      );
    }
  });

  test('of the environment react to the first event, and not to missing data', () => {
    const alarms = new Map(
      prod
        .resources('AWS::CloudWatch::Alarm')
        .map(([, { Properties }]) => [String(Properties['AlarmName']), Properties]),
    );
    const firstEvent = {
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    };
    expect(alarms.get('timescaledb-telemetry-prod-final-failures')).toMatchObject({
      ...firstEvent,
      // One in half an hour: metrics of an idle queue arrive late.
      EvaluationPeriods: 6,
      DatapointsToAlarm: 1,
      Namespace: 'AWS/SQS',
      MetricName: 'NumberOfMessagesSent',
      Dimensions: [{ Name: 'QueueName', Value: 'timescaledb-telemetry-prod-failed-runs' }],
      Statistic: 'Sum',
      Period: 300,
    });
    expect(alarms.get('timescaledb-telemetry-prod-undelivered')).toMatchObject({
      ...firstEvent,
      EvaluationPeriods: 1,
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: 'timescaledb-telemetry-prod-undelivered' }],
      Statistic: 'Maximum',
      Period: 300,
    });
    const findings = [
      ['known-vulnerable', 'KnownVulnerable'],
      ['jobs-broken', 'JobsBroken'],
    ] as const;
    for (const [name, metric] of findings) {
      expect(alarms.get(`timescaledb-telemetry-prod-${name}`)).toMatchObject({
        ...firstEvent,
        // One in a week, because a job may run only once a week.
        EvaluationPeriods: 7,
        DatapointsToAlarm: 1,
        Namespace: METRICS_NAMESPACE,
        MetricName: metric,
        Dimensions: [
          { Name: 'environment', Value: 'prod' },
          { Name: 'service', Value: 'timescaledb-telemetry' },
        ],
        Statistic: 'Maximum',
        // The period of the longest tick: with a shorter one the alarm would change its state every day.
        Period: 86_400,
      });
    }
  });

  test('of the environment are those of its queues, of two findings, and of the report on the fleet', () => {
    const names = prod
      .resources('AWS::CloudWatch::Alarm')
      .map(([, { Properties }]) => String(Properties['AlarmName']))
      .filter((name) => !name.endsWith('-missing-runs'));
    expect(names).toEqual([
      'timescaledb-telemetry-prod-final-failures',
      'timescaledb-telemetry-prod-undelivered',
      'timescaledb-telemetry-prod-known-vulnerable',
      'timescaledb-telemetry-prod-jobs-broken',
      'timescaledb-telemetry-prod-missing-fleet-report',
    ]);
  });

  test('of the report on the fleet detects two days without one, and is silent until the first one', () => {
    const [, { Properties } = { Properties: {} }] =
      prod
        .resources('AWS::CloudWatch::Alarm')
        .find(([, one]) => String(one.Properties['AlarmName']).endsWith('-fleet-report')) ?? [];
    expect(Properties).toMatchObject({
      Namespace: METRICS_NAMESPACE,
      MetricName: 'Silent',
      Dimensions: [
        { Name: 'environment', Value: 'prod' },
        { Name: 'service', Value: 'timescaledb-telemetry' },
      ],
      Statistic: 'SampleCount',
      Period: 21_600,
      EvaluationPeriods: 8,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      // A metric without data is no data point below the threshold: a new alarm has the state INSUFFICIENT_DATA and keeps it.
      TreatMissingData: 'missing',
      // An alarm that had data changes to this state.
      InsufficientDataActions: ['arn:aws:sns:eu-central-1:333333333333:database-alarms'],
    });
  });

  test('of a report that never ran are those of its schedule and of its function', () => {
    const queues = ['undelivered', 'failed-runs'].map((queue) => [
      { Name: 'QueueName', Value: `timescaledb-telemetry-prod-${queue}` },
    ]);
    const watched = prod
      .resources('AWS::CloudWatch::Alarm')
      .map(([, { Properties }]) => Properties['Dimensions']);
    expect(watched).toEqual(expect.arrayContaining(queues));
    const [, schedule] =
      prod
        .resources('AWS::Scheduler::Schedule')
        .find(([, one]) => one.Properties['Name'] === '_fleet-report') ?? [];
    const [, invocation] =
      prod
        .resources('AWS::Lambda::EventInvokeConfig')
        .find(([, one]) => JSON.stringify(one.Properties['FunctionName']).includes('Fleet')) ?? [];
    expect(schedule?.Properties).toMatchObject({
      Target: { DeadLetterConfig: { Arn: expect.stringMatching(/-undelivered$/) } },
    });
    expect(invocation?.Properties).toMatchObject({
      DestinationConfig: { OnFailure: { Destination: expect.stringMatching(/-failed-runs$/) } },
    });
  });
});

test('the figures for the quotas count every function, its code, and every alarm', () => {
  expect(figuresOf(prod.environment, 10)).toEqual({
    databases: 5,
    functions: 12,
    alarms: 10,
    stacks: 4,
    codeBytes: 120,
  });
});
