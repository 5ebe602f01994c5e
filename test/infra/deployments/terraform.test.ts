import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { DATABASE_FUNCTIONS, functionName } from '../../../lib/naming.ts';
import { comparableResources } from '../../support/aws/compare/compare-resources.ts';
import { synthesise } from '../../support/aws/synthesis.ts';
import { templateProblems } from '../../support/aws/template-drafts.ts';
import { CASES } from '../../support/terraform/cases.ts';
import { ADMINISTRATOR, loadExample, PLACE, SECRET } from '../../support/terraform/example.ts';
import { blockProblems, PROVIDER } from '../../support/terraform/provider.ts';
import { toTemplate } from '../../support/terraform/to-cloudformation.ts';

const { archives, plan } = await loadExample();

/** Resources of an environment that the example does not deploy. */
const WITHOUT = /^AWS::SSM::Parameter |fleet-report/;

describe.each(CASES)('with $title', ({ inputs, database, environment }) => {
  test('the example creates what CDK creates', () => {
    const { account, region } = PLACE;
    const settings: EnvironmentSettings = {
      account,
      region,
      record: false,
      databases: [{ name: 'metrics', secret: SECRET, ...database }],
      ...environment,
    };
    const { templates } = synthesise(checkEnvironment('prod', settings, Date.now()));
    const expected = comparableResources(Object.values(templates), account);
    const hasWorker = environment?.networks?.['main']?.egress === 'none';
    // An environment has the log groups of configure and of the workers in any case.
    const isLeftOut = (name: string) =>
      WITHOUT.test(name) ||
      (database?.configure === undefined && name.endsWith('/configure')) ||
      (!hasWorker && name.endsWith('/database-worker'));
    const compared = Object.entries(expected).filter(([name]) => !isLeftOut(name));
    const created = comparableResources([toTemplate(plan(inputs).resources)], account);
    expect(created).toStrictEqual(Object.fromEntries(compared));
  });

  test('the provider knows each argument, and each has its type', () => {
    const { resources } = plan(inputs);
    const problems = resources.flatMap(({ address, type, arguments: given }) =>
      blockProblems(address, given, PROVIDER.resources[type] ?? {}),
    );
    expect(problems).toEqual([]);
  });

  test('the resources match the schemas of CloudFormation and the limits of the services', () => {
    expect(templateProblems(toTemplate(plan(inputs).resources))).toEqual([]);
  });

  test('every resource that can have tags has those of the environment', () => {
    const taggable = plan(inputs).resources.filter(
      ({ type }) => PROVIDER.resources[type]?.['tags'] !== undefined,
    );
    const tags = { environment: 'prod', project: 'timescaledb-telemetry' };
    expect(taggable.length).toBeGreaterThan(10);
    expect(
      taggable.filter(({ arguments: given }) => !isDeepStrictEqual(given['tags'], tags)),
    ).toEqual([]);
  });
});

const SEALED = { vpc_id: 'vpc-0a1b2c3d', subnet_ids: ['subnet-0a1b2c3d'], egress: 'none' };

test('the code of each function is its archive, with the checksum of the archive', () => {
  const sums = readFileSync(join(archives, 'SHA256SUMS'), 'utf8');
  const { resources } = plan({ configure: { secret_arn: ADMINISTRATOR }, network: SEALED });
  const functions = resources.filter(({ type }) => type === 'aws_lambda_function');
  expect(functions).toHaveLength(DATABASE_FUNCTIONS.length);
  for (const { arguments: given } of functions) {
    const hash = Buffer.from(String(given['source_code_hash']), 'base64').toString('hex');
    expect(sums).toContain(`${hash}  ${basename(String(given['filename']))}\n`);
  }
});

test('the outputs are the names of the functions and the id of the created security group', () => {
  const network = { vpc_id: 'vpc-0a1b2c3d', subnet_ids: ['subnet-0a1b2c3d'] };
  expect(plan({ network }).outputs).toEqual({
    functions: {
      'get-report': functionName('prod', 'metrics', 'get-report'),
      'send-report': functionName('prod', 'metrics', 'send-report'),
    },
    security_group_id: `\${aws_security_group.functions[0].id}`,
  });
  expect(plan().outputs).toMatchObject({ security_group_id: null });
  expect(Object.keys(Object(plan({ network: SEALED }).outputs['functions']))).toEqual([
    ...['database-worker', 'get-report', 'send-report'],
  ]);
});
