import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { type ErrorCode, RETRYABLE_BY_CODE } from '../../../lib/errors.ts';
import { breaking, constructOf, property } from '../../support/aws/constructs.ts';
import {
  aDatabase,
  checked,
  type Resource,
  type Synthesis,
  statementsOf,
  synthesise,
} from '../../support/aws/synthesis.ts';
import { type Resources, updateSteps } from '../../support/aws/update-steps.ts';

type Egress = 'vpc' | 'none';

function environmentWith(egress: Egress): Partial<EnvironmentSettings> {
  return {
    networks: {
      main: {
        vpc: 'vpc-0a1b2c3d',
        subnets: ['subnet-0a1b2c3d', 'subnet-0b1b2c3d'],
        databasePorts: [5_432, 6_432],
        egress,
      },
    },
    databases: [
      aDatabase('metrics', { network: 'main', configure: { secret: 'test/administrator' } }),
      aDatabase('orders', { network: 'main', port: 5_433 }),
      aDatabase('vendor'),
    ],
  };
}

const VPC = synthesise(checked(environmentWith('vpc')));
const NONE = synthesise(checked(environmentWith('none')));
const SHARED = 'timescaledb-telemetry-test';
const DATABASES = `${SHARED}-1`;
const BASE = '{{resolve:ssm:/timescaledb-telemetry/test/main/security-group}}';
const LEAVING = '{{resolve:ssm:/timescaledb-telemetry/test/main/egress-security-group}}';
const SUBNETS = ['subnet-0a1b2c3d', 'subnet-0b1b2c3d'];
const SENDERS = ['SendReport', 'GetReport', 'Configure'] as const;

function resourcesOf({ templates }: Synthesis, stack: string): Resources {
  return templates[stack]?.Resources ?? {};
}

interface VpcConfig {
  readonly SubnetIds: readonly string[];
  readonly SecurityGroupIds: readonly string[];
}

function vpcOf(function_: Resource | undefined): VpcConfig | undefined {
  return function_ && property<VpcConfig | undefined>(function_, 'VpcConfig');
}

function variablesOf(function_: Resource): Readonly<Record<string, string>> {
  const { Variables = {} } = Object(property(function_, 'Environment'));
  return Variables;
}

/** Returns the ports that a security group of the shared stack allows, by the name that functions refer to it with. */
function portsOf(shared: Resources, reference: string): readonly number[] {
  const name = reference.replace(/^\{\{resolve:ssm:|\}\}$/g, '');
  const parameter = Object.values(shared).find(({ Properties }) => Properties['Name'] === name);
  const { 'Fn::GetAtt': [id = ''] = [] } = Object(parameter?.Properties['Value']);
  const group = shared[id];
  if (group === undefined) throw new Error(`There is no security group ${reference}.`);
  const rules = property<readonly { FromPort: number; ToPort: number }[]>(
    group,
    'SecurityGroupEgress',
  );
  expect(rules.every(({ FromPort, ToPort }) => FromPort === ToPort)).toBe(true);
  return [...new Set(rules.map(({ FromPort }) => FromPort))];
}

describe('in a network with egress none', () => {
  test.each([
    ['metrics', 14],
    ['orders', 11],
    ['vendor', 8],
  ])('%s has %i resources, of which three are the worker’s', (database, count) => {
    const own = NONE.resources().filter(([, resource]) =>
      JSON.stringify(resource).includes(`/Database-${database}/`),
    );
    expect(own).toHaveLength(count);
    const ofWorker = own.filter(([, one]) => JSON.stringify(one).includes('/DatabaseWorker/'));
    expect(ofWorker).toHaveLength(database === 'vendor' ? 0 : 3);
  });

  test('the worker runs in the network, with the group that allows the ports of databases only', () => {
    const worker = constructOf(NONE, 'metrics', 'DatabaseWorker/Function');
    expect(vpcOf(worker)).toEqual({ SubnetIds: SUBNETS, SecurityGroupIds: [BASE] });
    expect(portsOf(resourcesOf(NONE, SHARED), BASE)).toEqual([5_432, 5_433, 6_432]);
  });

  test('no group of a worker has a rule for 443, also if a proxy is set', () => {
    const settings = environmentWith('none');
    const proxied = synthesise(
      checked({ ...settings, defaults: { proxy: 'https://proxy.example.com' } }),
    );
    const shared = resourcesOf(proxied, SHARED);
    expect(portsOf(shared, BASE)).toEqual([5_432, 5_433, 6_432]);
    expect(portsOf(shared, LEAVING)).toEqual([443]);
    const functions = proxied.resources('AWS::Lambda::Function');
    expect(breaking(functions, (one) => !vpcOf(one)?.SecurityGroupIds.includes(LEAVING))).toEqual(
      [],
    );
  });

  test('the worker has no variable, and the other functions name it', () => {
    const worker = constructOf(NONE, 'metrics', 'DatabaseWorker/Function');
    expect(worker.Properties).not.toHaveProperty('Environment');
    const name = property<string>(worker, 'FunctionName');
    const functionArn = `arn:aws:lambda:eu-central-1:123456789012:function:${name}`;
    for (const sender of SENDERS) {
      const lambda = constructOf(NONE, 'metrics', `${sender}/Function`);
      expect(vpcOf(lambda)).toBeUndefined();
      expect(JSON.parse(variablesOf(lambda)['WORKER'] ?? '')).toEqual({ functionArn });
    }
  });

  test('the worker is invoked without retries and destinations, so that no request is ever stored', () => {
    const { Properties } = constructOf(NONE, 'metrics', 'DatabaseWorker/Invocation');
    expect(Properties).toMatchObject({ MaximumRetryAttempts: 0, Qualifier: '$LATEST' });
    expect(Properties).not.toHaveProperty('DestinationConfig');
    const worker = constructOf(NONE, 'metrics', 'DatabaseWorker/Function');
    expect(worker.Properties).not.toHaveProperty('DeadLetterConfig');
    expect(worker.Properties).not.toHaveProperty('TracingConfig');
  });

  test('security groups of your own are those of the worker', () => {
    const securityGroups = ['sg-0a1b2c3d'];
    const subnets = ['subnet-0a1b2c3d'];
    const own = synthesise(
      checked({
        networks: { main: { subnets, securityGroups, egress: 'none' } },
        databases: [aDatabase('metrics', { network: 'main' })],
      }),
    );
    expect(own.resources('AWS::EC2::SecurityGroup')).toEqual([]);
    expect(vpcOf(constructOf(own, 'metrics', 'DatabaseWorker/Function'))).toEqual({
      SubnetIds: subnets,
      SecurityGroupIds: securityGroups,
    });
    expect(vpcOf(constructOf(own, 'metrics', 'SendReport/Function'))).toBeUndefined();
  });

  test('a database outside of the network is deployed as with egress vpc', () => {
    const resourcesOfVendor = (synthesis: Synthesis) =>
      synthesis.resources().filter(([, one]) => JSON.stringify(one).includes('/Database-vendor/'));
    expect(resourcesOfVendor(NONE)).toEqual(resourcesOfVendor(VPC));
  });
});

test('the saved query of abnormal exits includes the log of the workers if there are any', () => {
  const groupsIn = (synthesis: Synthesis) =>
    synthesis
      .resources('AWS::Logs::QueryDefinition')
      .filter(([, query]) => property<string>(query, 'Name').endsWith('/abnormal exits'))
      .map(([, query]) => property<readonly string[]>(query, 'LogGroupNames'));
  const [sender, worker] = ['send-report', 'database-worker'].map(
    (name) => `/timescaledb-telemetry/test/${name}`,
  );
  expect(groupsIn(VPC)).toEqual([[sender]]);
  expect(groupsIn(NONE)).toEqual([[sender, worker]]);
});

describe('in a network with egress vpc', () => {
  test('all functions run in the network, with a second group for 443', () => {
    for (const sender of SENDERS) {
      const lambda = constructOf(VPC, 'metrics', `${sender}/Function`);
      expect(vpcOf(lambda)).toEqual({ SubnetIds: SUBNETS, SecurityGroupIds: [BASE, LEAVING] });
      expect(variablesOf(lambda)).not.toHaveProperty('WORKER');
    }
    expect(portsOf(resourcesOf(VPC, SHARED), LEAVING)).toEqual([443]);
  });

  test('the log group of workers exists already, so that it can be kept when egress changes', () => {
    for (const synthesis of [VPC, NONE]) {
      const names = synthesis
        .resources('AWS::Logs::LogGroup')
        .map(([, group]) => property<string>(group, 'LogGroupName'));
      expect(names).toContain('/timescaledb-telemetry/test/database-worker');
    }
  });
});

describe('a function that invokes a worker', () => {
  test('is created after the worker and deleted before it; its role does not wait', () => {
    const ids = Object.entries(resourcesOf(NONE, DATABASES))
      .filter(([, one]) => JSON.stringify(one).includes('/Database-metrics/DatabaseWorker/'))
      .map(([id]) => id);
    expect(ids).toHaveLength(3);
    for (const sender of SENDERS) {
      const { DependsOn = [] } = constructOf(NONE, 'metrics', `${sender}/Function`);
      expect([...DependsOn].toSorted()).toEqual(ids.toSorted());
      expect(constructOf(NONE, 'metrics', `${sender}/Role`).DependsOn).toBeUndefined();
    }
  });
});

/** A run that fails with this problem is retried. */
const DENIED: ErrorCode = 'WORKER_DENIED';

/** Whether a role's policy allows an action on a resource. */
function allows(role: Resource | undefined, action: string, resource: string): boolean {
  if (role === undefined) return false;
  return statementsOf(role).some(
    ({ Effect, Action, Resource: resources }) =>
      Effect === 'Allow' &&
      [Action].flat().includes(action) &&
      [resources].flat().some((one) => one === '*' || one === resource),
  );
}

function functionNamed(resources: Resources, name: string): Resource | undefined {
  return Object.values(resources).find(({ Properties }) => Properties['FunctionName'] === name);
}

/** Explains why a run of `send-report` would fail with these resources; undefined if it would not. */
function problemOf(stack: Resources, shared: Resources): string | undefined {
  const [sender] = Object.values(stack).filter(({ Properties }) =>
    /-metrics-\w+-send-report$/.test(String(Properties['FunctionName'])),
  );
  if (sender === undefined) return 'there is no send-report';
  const reaches = (groups: readonly string[], port: number) =>
    groups.some((group) => portsOf(shared, group).includes(port));
  const network = vpcOf(sender);
  if (network !== undefined) {
    const ports = [443, 5_432].filter((port) => !reaches(network.SecurityGroupIds, port));
    return ports.length === 0 ? undefined : `send-report does not reach port ${ports.join()}`;
  }
  const { functionArn } = JSON.parse(variablesOf(sender)['WORKER'] ?? '{}');
  const worker = functionNamed(stack, String(functionArn).split(':').at(-1) ?? '');
  const { 'Fn::GetAtt': [roleId = ''] = [] } = Object(sender.Properties['Role']);
  if (worker === undefined) return 'the worker does not exist';
  if (!allows(stack[roleId], 'lambda:InvokeFunction', functionArn)) return DENIED;
  return reaches(vpcOf(worker)?.SecurityGroupIds ?? [], 5_432) ? undefined : 'no database';
}

describe.each<[from: Egress, to: Egress, before: Synthesis, after: Synthesis]>([
  ['vpc', 'none', VPC, NONE],
  ['none', 'vpc', NONE, VPC],
])('a deployment from egress %s to %s', (_from, _to, before, after) => {
  const [sharedBefore, sharedAfter] = [before, after].map((one) => resourcesOf(one, SHARED));
  const [stackBefore, stackAfter] = [before, after].map((one) => resourcesOf(one, DATABASES));
  if (!sharedBefore || !sharedAfter || !stackBefore || !stackAfter) throw new Error('No stacks.');

  test('replaces and deletes nothing but workers, and changes no group’s description', () => {
    const removed = [...Object.keys(stackBefore), ...Object.keys(sharedBefore)].filter(
      (id) => stackAfter[id] === undefined && sharedAfter[id] === undefined,
    );
    expect(removed.filter((id) => !id.includes('DatabaseWorker'))).toEqual([]);
    const descriptions = (shared: Resources) =>
      Object.values(shared).map(({ Properties }) => Properties['GroupDescription']);
    expect(descriptions(sharedAfter)).toEqual(descriptions(sharedBefore));
  });

  test('loses no run at any step, in whatever order CloudFormation updates', () => {
    expect(RETRYABLE_BY_CODE[DENIED]).toBe(true);
    const ids = [...new Set([...Object.keys(stackBefore), ...Object.keys(stackAfter)])];
    fc.assert(
      fc.property(fc.shuffledSubarray(ids, { minLength: ids.length }), (order) => {
        const steps = updateSteps(stackBefore, stackAfter, (id) => order.indexOf(id));
        expect(steps.length).toBeGreaterThan(6);
        // The shared stack is updated first, and as a whole: its groups are changed, not replaced.
        const problems = [
          problemOf(stackBefore, sharedBefore),
          ...steps.map((stack) => problemOf(stack, sharedAfter)),
        ];
        const denied = problems.filter((problem) => problem === DENIED);
        expect(problems.filter((problem) => problem !== undefined)).toEqual(denied);
        // The role of a function that still has a worker is updated before the function, and nothing else waits for it.
        expect([problems[0], problems.at(-1)]).toEqual([undefined, undefined]);
      }),
      { numRuns: 30 },
    );
  });
});
