import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { constructOf, property } from '../../support/aws/constructs.ts';
import { synthesiseFixture } from '../../support/aws/synthesis.ts';

const prod = await synthesiseFixture('prod');

describe('every schedule', () => {
  test('of a database is a UTC cron with a flexible window, few retries and a dead-letter queue', () => {
    const schedules = prod
      .resources('AWS::Scheduler::Schedule')
      .filter(([where]) => !where.startsWith('timescaledb-telemetry-prod/'));
    expect(schedules).toHaveLength(5);
    for (const [, { Properties }] of schedules) {
      expect(Properties).toMatchObject({
        GroupName: 'timescaledb-telemetry-prod',
        ScheduleExpression: expect.stringMatching(/^cron\(/),
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
        Target: {
          DeadLetterConfig: {
            Arn: 'arn:aws:sqs:eu-central-1:333333333333:timescaledb-telemetry-prod-undelivered',
          },
          RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 },
        },
      });
    }
  });

  test('passes its nominal time in an event that the function accepts', () => {
    const { Input } = property<{ readonly Input: string }>(
      constructOf(prod, 'orders', 'Schedule'),
      'Target',
    );
    expect(JSON.parse(Input)).toEqual({ scheduledTime: '<aws.scheduler.scheduled-time>' });
  });

  test('depends on its function and on the role that invokes it', () => {
    const names = constructOf(prod, 'orders', 'Schedule').DependsOn?.map((id) =>
      id.replace(/[0-9A-F]{8}$/, ''),
    );
    expect(names).toEqual(
      expect.arrayContaining(['DatabaseordersSendReportFunction', 'SchedulerRole']),
    );
  });
});

describe('every template', () => {
  test('contains no secret value, password or host unless settings override the secret', () => {
    for (const text of Object.values(prod.texts)) {
      expect(text).not.toMatch(/password|postgres:\/\/|BEGIN [A-Z ]+/i);
      const hosts = text.match(/\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|internal|local)\b/g) ?? [];
      expect(hosts.filter((host) => !/amazonaws\.com$|^org\.apache\.hadoop\./.test(host))).toEqual(
        [],
      );
    }
  });

  test('has no exports and imports, so that stacks can be changed one by one', () => {
    for (const { Outputs } of Object.values(prod.templates)) expect(Outputs).toBeUndefined();
    for (const text of Object.values(prod.texts)) expect(text).not.toContain('ImportValue');
  });

  test('contains no path of the machine that built it', () => {
    const home = join(import.meta.dirname, '..', '..', '..');
    for (const text of Object.values(prod.texts)) expect(text).not.toContain(home);
  });

  test.each([
    ['metrics', 8],
    ['orders', 11],
  ])('has exactly so many resources for %s: %i', (database, count) => {
    const mine = prod
      .resources()
      .filter(([, resource]) => JSON.stringify(resource).includes(`/Database-${database}/`));
    expect(mine).toHaveLength(count);
  });
});
