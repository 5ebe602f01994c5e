import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { variablesOf } from '../../../infra/function-environment.ts';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { parseTarget } from '../../../lib/config/target.ts';
import { DATABASE_FUNCTIONS, FLEET_REPORT } from '../../../lib/naming.ts';
import {
  breaking,
  constructOf,
  functionsOfDatabases,
  property,
} from '../../support/aws/constructs.ts';
import {
  aDatabase,
  checked,
  type Synthesis,
  synthesise,
  synthesiseFixture,
} from '../../support/aws/synthesis.ts';

const prod = await synthesiseFixture('prod');

describe('every function', () => {
  test('runs on arm64 and nodejs24.x, the target of the bundle', () => {
    const functions = prod.resources('AWS::Lambda::Function');
    expect(functions).toHaveLength(12);
    expect(
      breaking(functions, (resource) => {
        const architectures = property<string[]>(resource, 'Architectures');
        return property(resource, 'Runtime') === 'nodejs24.x' && architectures.join() === 'arm64';
      }),
    ).toEqual([]);
  });

  test('has the handler that the bundle exports', async () => {
    const functions = prod.resources('AWS::Lambda::Function');
    expect(breaking(functions, (one) => property(one, 'Handler') === 'index.handler')).toEqual([]);
    for (const { file } of Object.values(inject('bundles'))) {
      expect(basename(file)).toBe('index.mjs');
      // The bundle is minified: only the exported name remains.
      expect(readFileSync(file, 'utf8')).toMatch(/export\s*\{[^}]*\bas handler\b[^}]*\}/);
    }
  });

  test('of a database has 256 MB of memory, more than an ordinary run was measured to use', () => {
    const functions = functionsOfDatabases(prod);
    expect(breaking(functions, (one) => property(one, 'MemorySize') === 256)).toEqual([]);
  });

  test("has a longer time-out than the 100 s of the job's max_runtime", () => {
    const functions = prod.resources('AWS::Lambda::Function');
    // In addition 7 s to schedule the retry, and 8 s for the start and the summary line.
    expect(breaking(functions, (resource) => property<number>(resource, 'Timeout') >= 115)).toEqual(
      [],
    );
  });

  test('logs JSON to the log group of its purpose, which has the retention of the environment', () => {
    const groups = new Map(
      prod
        .resources('AWS::Logs::LogGroup')
        .map(([, resource]) => [
          property<string>(resource, 'LogGroupName'),
          property<number>(resource, 'RetentionInDays'),
        ]),
    );
    expect([...groups.keys()]).toEqual(
      [...DATABASE_FUNCTIONS, FLEET_REPORT].map(
        (purpose) => `/timescaledb-telemetry/prod/${purpose}`,
      ),
    );
    expect(
      breaking(prod.resources('AWS::Lambda::Function'), (resource) => {
        const { LogFormat, LogGroup } = property<Record<string, string>>(resource, 'LoggingConfig');
        const purpose = [...DATABASE_FUNCTIONS, FLEET_REPORT].find((one) =>
          property<string>(resource, 'FunctionName').endsWith(one),
        );
        const isItsOwn = LogGroup === `/timescaledb-telemetry/prod/${purpose}`;
        return LogFormat === 'JSON' && isItsOwn && groups.get(LogGroup) === 400;
      }),
    ).toEqual([]);
  });

  test('keeps its log group when the environment is deleted', () => {
    expect(
      breaking(
        prod.resources('AWS::Logs::LogGroup'),
        ({ DeletionPolicy, UpdateReplacePolicy }) =>
          DeletionPolicy === 'RetainExceptOnCreate' && UpdateReplacePolicy === 'Retain',
      ),
    ).toEqual([]);
  });

  test("of a database has no retries by Lambda, because retries follow the job's settings", () => {
    const all = prod.resources('AWS::Lambda::EventInvokeConfig');
    expect(all).toHaveLength(prod.resources('AWS::Lambda::Function').length);
    const configs = all.filter(([where]) => !where.startsWith('timescaledb-telemetry-prod/'));
    expect(configs).toHaveLength(11);
    expect(
      breaking(
        configs,
        (resource) =>
          property(resource, 'MaximumRetryAttempts') === 0 &&
          // The version that schedules and people invoke.
          property(resource, 'Qualifier') === '$LATEST',
      ),
    ).toEqual([]);
    // An event that waited for an hour is discarded, because the next tick may be an hour away.
    expect(
      breaking(configs, (resource) => property(resource, 'MaximumEventAgeInSeconds') === 3_600),
    ).toEqual([]);
  });

  test('puts failed asynchronous events into a queue', () => {
    const queue = 'arn:aws:sqs:eu-central-1:333333333333:timescaledb-telemetry-prod-failed-runs';
    for (const construct of ['SendReport/Invocation', 'Configure/Invocation']) {
      expect(property(constructOf(prod, 'orders', construct), 'DestinationConfig')).toEqual({
        OnFailure: { Destination: queue },
      });
    }
    expect(constructOf(prod, 'orders', 'GetReport/Invocation').Properties).not.toHaveProperty(
      'DestinationConfig',
    );
  });

  test('has environment variables that the function accepts', () => {
    const { environment } = prod;
    for (const database of environment.databases) {
      const sent = variablesOf('send-report', environment, database);
      expect(parseSettings(sent)).toMatchObject({
        target: { name: database.name, environment: 'prod', tickHours: database.tickHours },
        delivery: { endpoint: 'https://telemetry.timescale.com/v1/metrics' },
        retry: { scheduleGroup: 'timescaledb-telemetry-prod' },
        record: { bucket: environment.record?.name },
      });
      const shown = parseTarget(variablesOf('get-report', environment, database));
      expect(shown).toEqual(parseSettings(sent).target);
    }
  });

  test('gets all settings of its database', () => {
    const environment = checked({
      record: { bucket: 'company', prefix: 'telemetry/prod' },
      delivery: { endpoint: 'https://collector.example.com/' },
      stacks: 3,
      databases: [
        aDatabase('metrics', {
          proxy: 'http://proxy:3128',
          host: 'db.example.com',
          port: 5_433,
          database: 'app',
          tls: { mode: 'verify-ca', serverName: 'db.internal' },
          levelWhenUnset: 'no_functions',
          reportSource: 'function',
          sizes: 'exact',
          tickHours: 6,
        }),
      ],
    });
    const [database] = environment.databases;
    if (database === undefined) throw new Error('There is no database.');
    const variables = variablesOf('send-report', environment, database);
    expect(parseSettings(variables)).toEqual({
      target: {
        name: 'metrics',
        environment: 'test',
        secretId: 'test/metrics/telemetry',
        host: 'db.example.com',
        port: 5_433,
        database: 'app',
        tls: { mode: 'verify-ca', serverName: 'db.internal' },
        levelWhenUnset: 'no_functions',
        reportSource: 'function',
        sizes: 'exact',
        tickHours: 6,
      },
      delivery: { endpoint: 'https://collector.example.com/' },
      retry: {
        scheduleGroup: 'timescaledb-telemetry-test',
        roleArn: `arn:aws:iam::123456789012:role/timescaledb-telemetry/telemetry-test-eu-central-1-${database.stack}-scheduler`,
        deadLetterQueueArn:
          'arn:aws:sqs:eu-central-1:123456789012:timescaledb-telemetry-test-undelivered',
      },
      record: { bucket: 'company', prefix: 'telemetry/prod' },
    });
    expect(variables).toMatchObject({ HTTPS_PROXY: 'http://proxy:3128', NODE_USE_ENV_PROXY: '1' });
  });

  test('gets DO_NOT_TRACK from doNotTrack, unless it is configure', () => {
    const environment = checked({ defaults: { doNotTrack: true } });
    const [database] = environment.databases;
    if (database === undefined) throw new Error('There is no database.');
    for (const purpose of ['send-report', 'get-report'] as const) {
      expect(variablesOf(purpose, environment, database)).toMatchObject({ DO_NOT_TRACK: '1' });
    }
  });

  test('logs original errors only with logLevel DEBUG', () => {
    const levelOf = (synthesis: Synthesis): unknown =>
      property<Record<string, string>>(
        constructOf(synthesis, 'metrics', 'SendReport/Function'),
        'LoggingConfig',
      )['ApplicationLogLevel'];
    expect(levelOf(prod)).toBe('INFO');
    expect(levelOf(synthesise(checked({ logLevel: 'DEBUG' })))).toBe('DEBUG');
  });

  test('gets no endpoint, proxy, retry settings and bucket unless it is send-report', () => {
    const delivery = { endpoint: 'https://collector.example.com/' };
    const proxy = 'http://proxy:3128';
    const configure = { secret: 'test/metrics/administrator' };
    const synthesis = synthesise(
      checked({
        delivery,
        databases: [aDatabase('metrics', { configure, proxy, doNotTrack: true })],
      }),
    );
    const variables = (construct: string): Record<string, string> =>
      property<{ readonly Variables: Record<string, string> }>(
        constructOf(synthesis, 'metrics', `${construct}/Function`),
        'Environment',
      ).Variables;
    expect(Object.keys(variables('SendReport'))).toEqual([
      'TARGET',
      'DO_NOT_TRACK',
      'DELIVERY',
      'HTTPS_PROXY',
      'NODE_USE_ENV_PROXY',
      'RETRY',
      'RECORD',
    ]);
    expect(Object.keys(variables('GetReport'))).toEqual(['TARGET', 'DO_NOT_TRACK']);
    expect(Object.keys(variables('Configure'))).toEqual(['TARGET']);
    expect(JSON.parse(variables('Configure')['TARGET'] ?? '').secretId).toBe(configure.secret);
  });
});
