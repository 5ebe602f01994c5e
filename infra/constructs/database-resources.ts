import { Alarm, type IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Architecture, type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { type ISchedule, Schedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { DatabaseFunction } from '../../lib/naming.ts';
import { functionsOf } from '../config/functions-of.ts';
import type { Database, Environment } from '../config/resolved-environment.ts';
import { arn, functionArn, missingRunsAlarmName, scheduleGroupName } from '../naming.ts';

/** The resources of one database. */
export interface DatabaseResources {
  /** The functions by name: `send-report`, `get-report`, and `configure` and `database-worker` if they are deployed. */
  readonly functions: ReadonlyMap<DatabaseFunction, IFunction>;
  /** The schedule of `send-report`. */
  readonly schedule: ISchedule;
  /** The alarm for missing runs, if the database has alarms. */
  readonly missingRunsAlarm?: IAlarm;
}

interface DeployedFunction {
  readonly functionArn: string;
  readonly role?: IRole;
  readonly securityGroup?: ISecurityGroup;
}

/** Returns a function of this project as other constructs use it, such as for its metrics and for permissions to invoke it. */
export function toFunction(scope: Construct, id: string, deployed: DeployedFunction): IFunction {
  return LambdaFunction.fromFunctionAttributes(scope, id, {
    ...deployed,
    architecture: Architecture.ARM_64,
    sameEnvironment: true,
  });
}

/** Returns the resources of a database of an environment, by their names, so that using them in other stacks exports nothing. */
export function importDatabase(
  stack: Construct,
  { place, alarms }: Environment,
  database: Database,
): DatabaseResources {
  const { name } = database;
  const scope = new Construct(stack, `Imported-${name}`);
  const functions = functionsOf(database).map((purpose): [DatabaseFunction, IFunction] => {
    const deployed = { functionArn: functionArn(place, name, purpose) };
    return [purpose, toFunction(scope, purpose, deployed)];
  });
  const scheduleArn = arn(place, 'scheduler', `schedule/${scheduleGroupName(place)}/${name}`);
  const alarmName = missingRunsAlarmName(place, name);
  return {
    functions: new Map(functions),
    schedule: Schedule.fromScheduleArn(scope, 'Schedule', scheduleArn),
    ...(alarms === 'database' && {
      missingRunsAlarm: Alarm.fromAlarmName(scope, 'MissingRuns', alarmName),
    }),
  };
}
