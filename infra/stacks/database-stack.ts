import { createHash } from 'node:crypto';
import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import type { DatabaseFunction } from '../../lib/naming.ts';
import type { Code } from '../bundle/code-assets.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
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
      ...stackProps(stackName(place, stack), environment),
      description: `timescaledb-telemetry ${place.environment}: databases, ${stack} of ${environment.stacks}`,
    });
    const databases = environment.databases.filter((database) => database.stack === stack);
    const schedulerRole = createRole(this, 'SchedulerRole', {
      roleName: schedulerRoleName(place, stack),
      description:
        'Assumed by EventBridge Scheduler: invokes the send-report functions of this stack',
      trust: schedulerTrust(environment),
      grants: schedulerGrants(environment, databases),
    });
    for (const database of databases) {
      const codeOf = (purpose: DatabaseFunction) => this.codeIn(code.folderOf(purpose, database));
      const deployed = this.withLatestVersion(database);
      new DatabaseTelemetry(this, `Database-${database.name}`, {
        environment,
        database: deployed,
        codeOf,
        schedulerRole,
        hasAlarm: environment.alarms === 'database',
      });
    }
  }

  /** Reads the latest version from its SSM parameter at each deployment; a changed value changes the stack. */
  private withLatestVersion(database: Database): Database {
    const { latestVersionParameter: name, ...delivery } = database.delivery;
    if (name === undefined) return database;
    const { valueAsString: latestVersion } = this.latestVersionIn(name);
    return { ...database, delivery: { ...delivery, latestVersion } };
  }

  /**
   * Returns the template's parameter of an SSM parameter; databases with the same one share it. Its id depends on the SSM
   * parameter's name, because a deployment keeps the previous value of a known id and ignores a changed default.
   */
  private latestVersionIn(name: string): CfnParameter {
    const id = `LatestVersion${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
    const known = this.node.tryFindChild(id);
    if (known instanceof CfnParameter) return known;
    return new CfnParameter(this, id, {
      type: 'AWS::SSM::Parameter::Value<String>',
      default: name,
      description: 'The latest version of TimescaleDB, which databases are compared with',
    });
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
