import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, inject, test } from 'vitest';
import { createRole } from '../../../infra/constructs/role.ts';
import { type Grant, trustOf } from '../../../infra/iam/policies.ts';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { loadEnvironment, sharedCode } from '../../support/aws/synthesis.ts';

/** Minimum length of the reason for an acknowledged finding. */
const MIN_REASON_LENGTH = 40;

async function appOf(name: string): Promise<App> {
  const app = new App({ outdir: `${inject('folder')}/nag-${name}`, analyticsReporting: false });
  createStacks(app, await loadEnvironment(name), sharedCode());
  return app;
}

function findingsIn(app: App): readonly string[] {
  return new AwsSolutionsChecks()
    .validateScope(app)
    .violations.flatMap(({ ruleName, violatingResources }) =>
      violatingResources.map(({ constructPath }) => `${ruleName} ${constructPath}`),
    );
}

/** Returns every acknowledgement in the app, with its rule. */
function acknowledged(app: App): readonly (readonly [rule: string, reason: string])[] {
  return app.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>));
}

test.each(['dev', 'staging', 'prod'])(
  'the AWS Solutions rules of cdk-nag find no problem in %s',
  async (name) => {
    const app = await appOf(name);
    expect(findingsIn(app)).toEqual([]);
    expect(() => app.synth()).not.toThrow();
  },
);

test('every synthesis runs cdk-nag, and a finding stops it', async () => {
  const app = await appOf('prod');
  const [shared] = app.node.children;
  if (shared === undefined) throw new Error('There is no stack.');
  new CfnQueue(shared, 'Careless', {});
  expect(findingsIn(app)).toEqual([
    'AwsSolutions-SQS3 timescaledb-telemetry-prod/Careless',
    'AwsSolutions-SQS4 timescaledb-telemetry-prod/Careless',
  ]);
  expect(() => app.synth()).toThrow('AwsSolutions-SQS4');
});

test('only three rules are acknowledged, each finding with a reason', async () => {
  const findings = acknowledged(await appOf('prod'));
  expect(findings.length).toBeGreaterThan(10);
  for (const [rule, reason] of findings) {
    expect(rule).toMatch(
      /^(Annotation::)?(AwsSolutions-S1|AwsSolutions-SQS3|AwsSolutions-IAM5\[Resource::.+\])$/i,
    );
    expect(reason.length).toBeGreaterThan(MIN_REASON_LENGTH);
  }
});

describe('a role with a wildcard among its resources', () => {
  function synthesiseRole(grant: Partial<Grant>) {
    const app = new App({ outdir: join(inject('folder'), 'role'), analyticsReporting: false });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' } as const;
    createRole(new Stack(app, 'stack'), 'Role', {
      description: 'reads',
      trust: trustOf('lambda.amazonaws.com'),
      grants: [{ statement, ...grant }],
    });
    return app.synth();
  }

  test('is synthesised with a reason', () => {
    expect(() => synthesiseRole({ whyWildcard: 'S3 has no other.' })).not.toThrow();
  });

  test('is rejected without a reason', () => {
    expect(() => synthesiseRole({})).toThrow(/IAM5|alidation/);
  });
});
