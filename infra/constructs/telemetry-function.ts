import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { DATABASE_WORKER, type DatabaseFunction, functionName } from '../../lib/naming.ts';
import { networkOf } from '../config/functions-of.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { variablesOf } from '../function-environment.ts';
import { grantsOf, trustOf } from '../iam/policies.ts';
import { egressGroupParameter, logGroupName, queueArn, securityGroupParameter } from '../naming.ts';
import { createRole } from './role.ts';

/** A run of an ordinary database uses 87 MB. The rest is for large reports, and for the CPU share at the start. */
const MEMORY_MB = 256;
/** The job's `max_runtime` of 100 s, and time for scheduling a retry and writing the summary line. */
const TIMEOUT_SECONDS = 120;
/** Lambda discards an event that waited longer; the next tick follows anyway. */
const MAX_EVENT_AGE_SECONDS = 3_600;

const DESCRIPTIONS: Readonly<Record<DatabaseFunction, string>> = {
  'send-report':
    "Sends this database's telemetry report if consent is granted, and checks its version",
  'get-report': 'Manual: shows the report and the consent decision; cannot send',
  configure: "Manual: enables or disables this database's telemetry",
  'database-worker':
    'Connects to this database for its other functions; reads no secret, cannot send',
};

/** Functions whose callers get their errors, because they are invoked synchronously only. */
const SYNCHRONOUS: readonly DatabaseFunction[] = ['get-report', DATABASE_WORKER];

/** The code in the assets of the stack. */
export type FunctionCode = CfnFunction.CodeProperty;

export interface TelemetryFunctionProps {
  readonly environment: Environment;
  readonly database: Database;
  readonly purpose: DatabaseFunction;
  readonly code: FunctionCode;
}

function networkConfig(
  purpose: DatabaseFunction,
  { place, networks }: Environment,
  database: Database,
): CfnFunction.VpcConfigProperty | undefined {
  const name = networkOf(purpose, database) ?? '';
  const network = networks.get(name);
  if (network === undefined) return undefined;
  const parameters = [
    securityGroupParameter(place, name),
    ...(purpose === DATABASE_WORKER ? [] : [egressGroupParameter(place, name)]),
  ];
  return {
    subnetIds: network.subnets,
    securityGroupIds:
      network.securityGroups ?? parameters.map((parameter) => `{{resolve:ssm:${parameter}}}`),
  };
}

function describeRole(purpose: DatabaseFunction, { place }: Environment, { name }: Database) {
  const permission = purpose === DATABASE_WORKER ? 'no secret' : 'one secret';
  return `${purpose} of ${name} in ${place.environment}: reads ${permission}`;
}

/** One function of a database, with its own role. Three resources. */
export class TelemetryFunction extends Construct {
  readonly function: CfnFunction;
  readonly role: CfnRole;

  constructor(
    scope: Construct,
    id: string,
    { environment, database, purpose, code }: TelemetryFunctionProps,
  ) {
    super(scope, id);
    const { place, logLevel } = environment;
    this.role = createRole(this, 'Role', {
      description: describeRole(purpose, environment, database),
      trust: trustOf('lambda.amazonaws.com'),
      grants: grantsOf(purpose, environment, database),
    });
    const vpcConfig = networkConfig(purpose, environment, database);
    const variables = variablesOf(purpose, environment, database);
    this.function = new CfnFunction(this, 'Function', {
      ...(place.own === undefined && {
        functionName: functionName(place.environment, database.name, purpose),
      }),
      description: DESCRIPTIONS[purpose],
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'index.handler',
      code,
      role: this.role.attrArn,
      memorySize: MEMORY_MB,
      timeout: TIMEOUT_SECONDS,
      ...(Object.keys(variables).length > 0 && { environment: { variables } }),
      loggingConfig: {
        logFormat: 'JSON',
        applicationLogLevel: logLevel,
        logGroup: logGroupName(place, purpose),
      },
      ...(vpcConfig !== undefined && { vpcConfig }),
    });
    // Retries follow the telemetry job's settings; Lambda's own would repeat a failed run twice in addition.
    new CfnEventInvokeConfig(this, 'Invocation', {
      functionName: this.function.ref,
      qualifier: '$LATEST',
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: MAX_EVENT_AGE_SECONDS,
      ...(!SYNCHRONOUS.includes(purpose) && {
        destinationConfig: { onFailure: { destination: queueArn(place, 'failed-runs') } },
      }),
    });
  }
}
