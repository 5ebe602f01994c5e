import { CfnEventInvokeConfig, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { functionName, type Purpose } from '../../lib/naming.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { variablesOf } from '../function-environment.ts';
import { grantsOf, trustOf } from '../iam/policies.ts';
import { logGroupName, queueArn, securityGroupParameter } from '../naming.ts';
import { createRole } from './role.ts';

/** A run of an ordinary database peaks at 87 MB; what is more is for large reports, and processor for the start. */
const MEMORY_MB = 256;
/** The job's 100 s, what scheduling a retry may take, and the summary line. */
const TIMEOUT_SECONDS = 120;
/** An invocation that Lambda could not begin for as long as this is lost: the next tick is worth more. */
const LONGEST_WAIT_SECONDS = 3_600;

const DESCRIPTIONS: Readonly<Record<Purpose, string>> = {
  'send-report':
    "Sends this database's telemetry report, where it consents, and judges its version",
  'get-report': 'By hand: what would be sent, and why or why not; it cannot send',
  configure: "By hand: turns this database's telemetry on or off",
};

/** The code in the assets of the stack. */
export type FunctionCode = CfnFunction.CodeProperty;

export interface TelemetryFunctionProps {
  readonly environment: Environment;
  readonly database: Database;
  readonly purpose: Purpose;
  readonly code: FunctionCode;
}

function networkConfig(
  { place, networks }: Environment,
  { network: name = '' }: Database,
): CfnFunction.VpcConfigProperty | undefined {
  const network = networks.get(name);
  if (network === undefined) return undefined;
  const own = `{{resolve:ssm:${securityGroupParameter(place, name)}}}`;
  return { subnetIds: network.subnets, securityGroupIds: network.securityGroups ?? [own] };
}

/** One function of a database, with a role of its own; three resources. */
export class TelemetryFunction extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { environment, database, purpose, code }: TelemetryFunctionProps,
  ) {
    super(scope, id);
    const { place, logLevel } = environment;
    const role = createRole(this, 'Role', {
      description: `${purpose} of ${database.name} in ${place.environment}: reads one secret`,
      trust: trustOf('lambda.amazonaws.com'),
      grants: grantsOf(purpose, environment, database),
    });
    const vpcConfig = networkConfig(environment, database);
    const lambda = new CfnFunction(this, 'Function', {
      functionName: functionName(place.environment, database.name, purpose),
      description: DESCRIPTIONS[purpose],
      runtime: 'nodejs24.x',
      architectures: ['arm64'],
      handler: 'index.handler',
      code,
      role: role.attrArn,
      memorySize: MEMORY_MB,
      timeout: TIMEOUT_SECONDS,
      environment: { variables: variablesOf(purpose, environment, database) },
      loggingConfig: {
        logFormat: 'JSON',
        applicationLogLevel: logLevel,
        logGroup: logGroupName(place, purpose),
      },
      ...(vpcConfig !== undefined && { vpcConfig }),
    });
    // Lambda's own retries would run a failed report again at once, twice, beside the job's.
    new CfnEventInvokeConfig(this, 'Invocation', {
      functionName: lambda.ref,
      qualifier: '$LATEST',
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: LONGEST_WAIT_SECONDS,
      ...(purpose !== 'get-report' && {
        destinationConfig: { onFailure: { destination: queueArn(place, 'failed-runs') } },
      }),
    });
  }
}
