import { Aws, CfnParameter, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { EnvironmentError } from '../../../infra/config/environment-error.ts';
import {
  TelemetryEnvironment,
  type TelemetryEnvironmentProps,
} from '../../../infra/constructs/telemetry-environment.ts';
import { createApp } from '../../support/aws/apps.ts';
import { problemsOf } from '../../support/aws/problems.ts';
import { aDatabase, anEnvironment } from '../../support/aws/synthesis.ts';

/** Returns the error of settings that TypeScript may reject. */
function errorOf(props: object, app = createApp()): EnvironmentError {
  try {
    new TelemetryEnvironment(app, 'test', props as TelemetryEnvironmentProps);
  } catch (error) {
    if (error instanceof EnvironmentError) return error;
    throw error;
  }
  throw new Error('The settings are valid.');
}

describe('the problems of the settings of TelemetryEnvironment', () => {
  const invalid = {
    ...anEnvironment(),
    region: 'eu-center-1',
    tags: {},
    databases: [aDatabase('metrics', { port: 0 }), { name: 'orders', secret: '' }],
  };

  test('are those of defineEnvironment, all at once', () => {
    const { problems } = errorOf(invalid);
    expect(problems).toEqual(problemsOf(invalid));
    expect(problems.length).toBeGreaterThan(3);
  });

  test('are in the message, with the name of the environment', () => {
    const { message, problems } = errorOf(invalid);
    expect(message).toContain(`The environment test has ${problems.length} problems`);
    for (const problem of problems) expect(message).toContain(problem);
  });

  test('leave the app without stacks', () => {
    const app = createApp();
    errorOf(invalid, app);
    expect(app.synth().stacks).toEqual([]);
  });

  test('include a missing account without a stage that has one', () => {
    expect(errorOf({ databases: [] }).problems).toEqual([
      'environment account: must be the 12 digits of an AWS account, as a string',
      'environment region: must be the code of an AWS region, such as eu-central-1',
    ]);
  });

  test('include every token, each with its path', () => {
    const stack = new Stack();
    const { valueAsString } = new CfnParameter(stack, 'Text');
    const { valueAsNumber } = new CfnParameter(stack, 'Port', { type: 'Number' });
    const { problems } = errorOf({
      ...anEnvironment(),
      account: Aws.ACCOUNT_ID,
      alarmTopic: valueAsString,
      databases: [aDatabase('metrics', { host: valueAsString, port: valueAsNumber })],
    });
    const paths = problems.map((problem) => problem.split(':')[0]);
    expect(paths.toSorted()).toEqual([
      ...['account', 'alarmTopic', 'databases[0].host', 'databases[0].port'],
    ]);
    for (const problem of problems) expect(problem).toMatch(/token.*SingleDatabaseTelemetry$/);
  });
});
