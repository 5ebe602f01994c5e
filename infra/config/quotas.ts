import { functionsOf } from './functions-of.ts';
import type { Environment } from './resolved-environment.ts';

/** A default quota of an AWS account or region that a large environment can exceed. */
interface Quota {
  readonly name: string;
  readonly limit: number;
  /** Returns an environment's share of it. */
  readonly used: (figures: Figures) => number;
}

/** The numbers of an environment's resources. */
export interface Figures {
  readonly databases: number;
  readonly functions: number;
  readonly alarms: number;
  readonly stacks: number;
  readonly codeBytes: number;
}

/** The alarms of an environment as a whole, and that of the report on the fleet. */
const ENVIRONMENT_ALARMS = 4;
const FLEET_ALARMS = 1;

const GIGABYTE = 1_000_000_000;

/** Default quotas as of 2026-11; each can be raised in Service Quotas. */
export const QUOTAS: readonly Quota[] = [
  {
    name: 'IAM roles per account',
    limit: 1_000,
    // Of each function, of the schedules of each stack, and of the schedule of the report on the fleet.
    used: ({ functions, stacks }) => functions + stacks + 1,
  },
  {
    name: 'bytes of Lambda code per region',
    limit: 75 * GIGABYTE,
    used: ({ codeBytes }) => codeBytes,
  },
  {
    name: 'EventBridge Scheduler schedules per region',
    limit: 10_000_000,
    // A retry is a schedule, too; a database rarely has more than one at a time.
    used: ({ databases }) => 2 * databases,
  },
  {
    name: 'CloudWatch alarms per region',
    limit: 5_000,
    used: ({ alarms }) => alarms,
  },
  {
    name: 'CloudFormation stacks per region',
    limit: 2_000,
    used: ({ stacks }) => stacks + 1,
  },
];

/** Counts the resources of an environment. */
export function figuresOf(
  {
    databases,
    stacks,
    alarms,
    fleet,
  }: Pick<Environment, 'databases' | 'stacks' | 'alarms' | 'fleet'>,
  bytesOfCode: number,
): Figures {
  const functions = databases.reduce(
    (sum, database) => sum + functionsOf(database).length,
    fleet === undefined ? 0 : 1,
  );
  const ofEnvironment = ENVIRONMENT_ALARMS + (fleet === undefined ? 0 : FLEET_ALARMS);
  return {
    databases: databases.length,
    functions,
    alarms: (alarms === 'database' ? databases.length : 0) + ofEnvironment,
    stacks,
    codeBytes: functions * bytesOfCode,
  };
}

/** Warnings for the default quotas that an environment would exceed. */
export function quotaWarnings(figures: Figures): readonly string[] {
  return QUOTAS.filter(({ limit, used }) => used(figures) > limit).map(
    ({ name, limit, used }) =>
      `The environment needs ${used(figures)} ${name}, but the default quota is ${limit}: request an increase in Service Quotas before you deploy, or use another account.`,
  );
}
