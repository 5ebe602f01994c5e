import { describe, expect, test } from 'vitest';
import { DATABASE_FUNCTIONS, functionName } from '../../../lib/naming.ts';
import { type DeployedFunction, rolesOf } from '../../support/aws/deployed-roles.ts';
import {
  allowedOf,
  canAssume,
  isAllowed,
  isWithinBoundary,
  type Role,
} from '../../support/aws/policies.ts';
import { reachOf } from '../../support/aws/reach.ts';
import {
  INVOKE,
  LOG_ACTIONS,
  logStreamArn,
  NETWORK_ACTIONS,
  READ,
} from '../../support/aws/requests.ts';
import {
  at,
  DATABASES_WITH_WORKER,
  fleet,
  LOG_GROUPS,
  prod,
  roles,
  SECRETS,
  workers,
} from '../../support/aws/role-fixtures.ts';
import { ACCOUNT, aDatabase, checked, synthesise } from '../../support/aws/synthesis.ts';

/** The functions of databases with and without a worker, and of an environment with a longer name. */
const EVERY_FUNCTION = ['test', 'test-2'].flatMap((environment) =>
  ['plant', 'plant-archive', 'metrics'].flatMap((database) =>
    DATABASE_FUNCTIONS.map((name) =>
      at('lambda', `function:${functionName(environment, database, name)}`),
    ),
  ),
);

/** Returns a request that the code of a function sends. */
function invokingFrom(arn: string) {
  return { ...INVOKE, context: { 'lambda:SourceFunctionArn': arn } };
}

const callers = fleet.functions.filter(({ database }) => DATABASES_WITH_WORKER.includes(database));

test('the tests know each worker, and three callers of one of them', () => {
  expect(workers.map(({ database }) => database)).toEqual(DATABASES_WITH_WORKER);
  expect(callers.map(({ purpose, database }) => `${purpose} of ${database}`)).toEqual([
    'send-report of plant',
    'get-report of plant',
    'configure of plant',
    'send-report of plant-archive',
    'get-report of plant-archive',
  ]);
});

describe('the permission to invoke a worker', () => {
  test.each(callers)(
    '$title has it for the worker of its own database, and for no other function',
    async ({ role, database, arn }) => {
      const own = fleet.workerOf(database).arn;
      expect(await allowedOf(role, EVERY_FUNCTION, invokingFrom(arn))).toEqual([own]);
    },
  );

  test.each(callers)('$title has it for the worker that its variable names', (one) => {
    const { functionArn } = JSON.parse(one.variables['WORKER'] ?? '');
    expect(functionArn).toBe(fleet.workerOf(one.database).arn);
  });

  test('belongs to no other role: no other function, no scheduler, no worker', async () => {
    for (const worker of fleet.workers) {
      const holders: string[] = [];
      for (const role of roles) {
        const request = { ...invokingFrom(arnFor(role)), resource: worker.arn };
        if (await isAllowed(role, request)) holders.push(role.title);
      }
      const own = callers.filter(({ database }) => database === worker.database);
      expect(holders).toEqual(own.map(({ title }) => title));
    }
  });

  test('is not part of any policy of a database without a worker', () => {
    const others = [fleet, prod].flatMap(({ functions }) =>
      functions.filter((one) => !DATABASES_WITH_WORKER.includes(one.database)),
    );
    const invoking = others.filter(({ role }) => reachOf(role).includes('lambda:InvokeFunction'));
    expect(invoking).toEqual([]);
    expect(others.length).toBeGreaterThan(20);
  });

  test('includes neither an older version of the worker, nor its code or its configuration', async () => {
    const [{ arn, role } = fleet.of('plant', 'send-report')] = callers;
    const worker = fleet.workerOf('plant').arn;
    const context = { 'lambda:SourceFunctionArn': arn };
    for (const [action, resource] of [
      ['lambda:InvokeFunction', `${worker}:1`],
      ['lambda:GetFunction', worker],
      ['lambda:UpdateFunctionCode', worker],
      ['lambda:UpdateFunctionConfiguration', worker],
      ['lambda:AddPermission', worker],
    ] as const) {
      expect(await isAllowed(role, { action, resource, context }), action).toBe(false);
    }
  });
});

/** Returns the ARN of the function that a role is for; that of no function for the roles of schedulers. */
function arnFor(role: Role): string {
  const all = [fleet, prod].flatMap(({ functions, workers: others }) => [...functions, ...others]);
  return all.find((one) => one.role === role)?.arn ?? at('lambda', 'function:none');
}

describe.each(workers)('$title', ({ role, arn, inNetwork, variables, onFailure }) => {
  test('may only write its log, and Lambda may manage its network interface', () => {
    expect(reachOf(role)).toEqual([...NETWORK_ACTIONS, ...LOG_ACTIONS].toSorted());
  });

  test('runs in the network, without any variable, secret or queue', () => {
    expect(inNetwork).toBe(true);
    expect(variables).toEqual({});
    expect(onFailure).toBeUndefined();
  });

  test('may read no secret', async () => {
    expect(await allowedOf(role, SECRETS, READ)).toEqual([]);
  });

  test('may invoke no function', async () => {
    expect(await allowedOf(role, EVERY_FUNCTION, invokingFrom(arn))).toEqual([]);
  });

  test('may write only to the log group of the workers of its environment', async () => {
    const streams = LOG_GROUPS.map((group) => logStreamArn(group));
    const own = logStreamArn('/timescaledb-telemetry/test/database-worker');
    for (const action of LOG_ACTIONS) {
      expect(await allowedOf(role, streams, { action })).toEqual([own]);
    }
  });

  test('has a role that only Lambda can assume', async () => {
    expect(await canAssume(role, 'lambda.amazonaws.com')).toBe(true);
    expect(await canAssume(role, 'scheduler.amazonaws.com')).toBe(false);
  });
});

describe('a function that invokes a worker', () => {
  test.each(callers)('$title runs outside of the network', ({ inNetwork, role }) => {
    expect(inNetwork).toBe(false);
    expect(reachOf(role).filter((action) => action.startsWith('ec2:'))).toEqual([]);
  });

  test('has the permissions of the same function without a worker, and this one', () => {
    for (const purpose of ['send-report', 'configure'] as const) {
      const [without, having] = ['events', 'plant'].map((name) =>
        reachOf(fleet.of(name, purpose).role),
      );
      expect(having).toEqual([...(without ?? []), 'lambda:InvokeFunction'].toSorted());
    }
  });
});

describe('the boundary', () => {
  const worker = fleet.workerOf('plant').arn;
  const administrator = {
    arn: `arn:aws:iam::${ACCOUNT}:role/timescaledb-telemetry/made-for-plant`,
    account: ACCOUNT,
  };
  const mayInvoke = (context: Record<string, string>, resource = worker) =>
    isWithinBoundary(administrator, { ...INVOKE, resource, context });

  test.each(['send-report', 'get-report', 'configure'])(
    'allows the code of %s to invoke a worker',
    async (purpose) => {
      const source = at('lambda', `function:telemetry-test-plant-0a1b2c3d4e-${purpose}`);
      expect(await mayInvoke({ 'lambda:SourceFunctionArn': source })).toBe(true);
    },
  );

  test.each(['fleet-report', 'database-worker', 'payroll'])(
    'does not allow the code of %s to invoke a worker, whatever its policy says',
    async (name) => {
      const source = at('lambda', `function:telemetry-test-plant-0a1b2c3d4e-${name}`);
      expect(await mayInvoke({ 'lambda:SourceFunctionArn': source })).toBe(false);
    },
  );

  test('does not allow the role of a scheduler to invoke a worker', async () => {
    expect(await mayInvoke({})).toBe(false);
  });

  test('does not allow a function to invoke get-report or configure', async () => {
    const source = { 'lambda:SourceFunctionArn': fleet.of('plant', 'send-report').arn };
    for (const purpose of ['get-report', 'configure'] as const) {
      expect(await mayInvoke(source, fleet.of('plant', purpose).arn)).toBe(false);
    }
  });
});

test.each([
  ['aws-cn', 'cn-north-1'],
  ['aws-us-gov', 'us-gov-west-1'],
])('in the partition %s a function may invoke its worker', async (partition, region) => {
  const deployed = rolesOf(
    synthesise(
      checked({
        region,
        networks: {
          main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'], egress: 'none' },
        },
        databases: [
          aDatabase('metrics', {
            network: 'main',
            configure: { secret: 'test/metrics/administrator' },
          }),
          aDatabase('orders', { network: 'main' }),
        ],
      }),
    ),
  );
  const { arn: own, role } = deployed.workerOf('metrics');
  const others = deployed.workerOf('orders').arn;
  const mayInvoke = (one: DeployedFunction, resource: string) =>
    isAllowed(one.role, { ...invokingFrom(one.arn), resource });
  expect(own).toMatch(new RegExp(`^arn:${partition}:lambda:${region}:`));
  expect(role.boundary).toBeDefined();
  for (const one of deployed.functions.filter(({ database }) => database === 'metrics')) {
    expect(JSON.parse(one.variables['WORKER'] ?? '')).toEqual({ functionArn: own });
    expect(await mayInvoke(one, own), one.title).toBe(true);
    expect(await mayInvoke(one, others), one.title).toBe(false);
  }
});
