import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { Purpose } from '../../lib/naming.ts';
import type { Code } from '../bundle/code-assets.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { DatabaseTelemetry } from '../constructs/database-telemetry.ts';
import { createRole } from '../constructs/role.ts';
import type { FunctionCode } from '../constructs/telemetry-function.ts';
import { schedulerGrants, schedulerTrust } from '../iam/policies.ts';
import { schedulerRoleName, stackName } from '../naming.ts';
import { stackProps } from './stack-props.ts';

export interface DatabaseStackProps {
  readonly environment: Environment;
  /** Number of the stack, from 1. */
  readonly stack: number;
  readonly code: Code;
}

/** One of the stacks that contain an environment's databases. */
export class DatabaseStack extends Stack {
  private readonly assets = new Map<string, FunctionCode>();

  constructor(scope: Construct, { environment, stack, code }: DatabaseStackProps) {
    const { place } = environment;
    super(scope, stackName(place, stack), {
      ...stackProps(environment),
      description: `timescaledb-telemetry ${place.environment}: databases, ${stack} of ${environment.stacks}`,
    });
    const deployed = this.withLatestVersion(environment);
    const databases = environment.databases.filter((database) => database.stack === stack);
    const schedulerRole = createRole(this, 'SchedulerRole', {
      roleName: schedulerRoleName(place, stack),
      description:
        'Assumed by EventBridge Scheduler: invokes the send-report functions of this stack',
      trust: schedulerTrust(environment),
      grants: schedulerGrants(environment, databases),
    });
    for (const database of databases) {
      const codeOf = (purpose: Purpose) => this.codeIn(code.folderOf(purpose, database));
      new DatabaseTelemetry(this, { environment: deployed, database, codeOf, schedulerRole });
    }
  }

  /** Reads the latest version from its SSM parameter at each deployment; a changed value changes the stack. */
  private withLatestVersion(environment: Environment): Environment {
    const { latestVersionParameter, ...delivery } = environment.delivery;
    if (latestVersionParameter === undefined) return environment;
    const { valueAsString: latestVersion } = new CfnParameter(this, 'LatestVersion', {
      type: 'AWS::SSM::Parameter::Value<String>',
      default: latestVersionParameter,
      description: 'The latest version of TimescaleDB, which databases are compared with',
    });
    return { ...environment, delivery: { ...delivery, latestVersion } };
  }

  /** Returns the asset of a folder; functions with the same code share it. */
  private codeIn(folder: string): FunctionCode {
    const known = this.assets.get(folder);
    if (known !== undefined) return known;
    const asset = new Asset(this, `Code${this.assets.size}`, { path: folder });
    const code = { s3Bucket: asset.s3BucketName, s3Key: asset.s3ObjectKey };
    this.assets.set(folder, code);
    return code;
  }
}
