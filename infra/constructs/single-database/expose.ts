import { Resource } from 'aws-cdk-lib';
import { Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { CfnSchedule, ISchedule, IScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { DatabaseFunction } from '../../../lib/naming.ts';
import { networkOf } from '../../config/functions-of.ts';
import type { Database } from '../../config/resolved-environment.ts';
import { toFunction } from '../database-resources.ts';
import type { DatabaseTelemetry } from '../database-telemetry.ts';
import type { Network } from './network.ts';

/** Returns the functions as other constructs use them. Grants do not change their roles, whose policies are complete. */
export function exposeFunctions(
  scope: Construct,
  { functions }: DatabaseTelemetry,
  database: Database,
  network: Network | undefined,
): ReadonlyMap<DatabaseFunction, IFunction> {
  const exposed = [...functions].map(([purpose, created]): [DatabaseFunction, IFunction] => {
    const own = new Construct(scope, `Exposed-${purpose}`);
    const { attrArn: functionArn } = created.function;
    const role = Role.fromRoleArn(own, 'Role', created.role.attrArn, { mutable: false });
    const isInNetwork = networkOf(purpose, database) !== undefined;
    const [securityGroup] = isInNetwork ? (network?.securityGroups ?? []) : [];
    const deployed = { functionArn, role, ...(securityGroup !== undefined && { securityGroup }) };
    return [purpose, toFunction(own, 'Function', deployed)];
  });
  return new Map(exposed);
}

/** A schedule as other constructs use it: CDK's own import requires a name that is known. */
export class DeployedSchedule extends Resource implements ISchedule {
  readonly scheduleArn: string;
  readonly scheduleName: string;
  readonly scheduleGroup: IScheduleGroup;

  constructor(scope: Construct, id: string, schedule: CfnSchedule, scheduleGroup: IScheduleGroup) {
    super(scope, id);
    this.scheduleArn = schedule.attrArn;
    this.scheduleName = schedule.ref;
    this.scheduleGroup = scheduleGroup;
  }

  get scheduleRef(): { readonly scheduleArn: string; readonly scheduleName: string } {
    const { scheduleArn, scheduleName } = this;
    return { scheduleArn, scheduleName };
  }
}
