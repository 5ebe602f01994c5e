import { App, Validations } from 'aws-cdk-lib';
import { CfnQueue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, inject, test } from 'vitest';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { loadEnvironment, sharedCode } from '../../support/aws/synthesis.ts';

/** What nobody may wave through without a reason that can be read. */
const SHORTEST_REASON = 40;

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

/** Every acknowledgement in the app, by its rule. */
function acknowledged(app: App): readonly (readonly [rule: string, reason: string])[] {
  return app.node
    .findAll()
    .flatMap(({ node }) => node.metadata)
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>));
}

test.each(['dev', 'staging', 'prod'])(
  'AWS Solutions has nothing to say against %s',
  async (name) => {
    const app = await appOf(name);
    expect(findingsIn(app)).toEqual([]);
    expect(() => app.synth()).not.toThrow();
  },
);

test('the check is part of every synthesis, which it stops', async () => {
  const app = await appOf('prod');
  const [shared] = app.node.children;
  if (shared === undefined) throw new Error('there is no stack');
  new CfnQueue(shared, 'Careless', {});
  expect(findingsIn(app)).toEqual([
    'AwsSolutions-SQS3 timescaledb-telemetry-prod/Careless',
    'AwsSolutions-SQS4 timescaledb-telemetry-prod/Careless',
  ]);
  expect(() => app.synth()).toThrow('AwsSolutions-SQS4');
});

test('what is acknowledged is two rules, each time one finding, with a reason', async () => {
  const findings = acknowledged(await appOf('prod'));
  expect(findings.length).toBeGreaterThan(10);
  for (const [rule, reason] of findings) {
    expect(rule).toMatch(/^(Annotation::)?(AwsSolutions-SQS3|AwsSolutions-IAM5\[Resource::.+\])$/i);
    expect(reason.length).toBeGreaterThan(SHORTEST_REASON);
  }
});
