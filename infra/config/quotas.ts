import type { Environment } from './resolved-environment.ts';

/** A default quota of an AWS account or region that a large environment reaches. */
interface Quota {
  readonly name: string;
  readonly limit: number;
  /** What this environment takes of it. */
  readonly used: (figures: Figures) => number;
}

/** What an environment takes of its account. */
export interface Figures {
  readonly databases: number;
  readonly functions: number;
  readonly alarms: number;
  readonly stacks: number;
  readonly codeBytes: number;
}

/** The alarms of an environment as a whole. */
export const ENVIRONMENT_ALARMS = 3;

const GIGABYTE = 1_000_000_000;

/** Default quotas as of 2026-11; each can be raised in Service Quotas. */
export const QUOTAS: readonly Quota[] = [
  {
    name: 'IAM roles per account',
    limit: 1_000,
    used: ({ functions, stacks }) => functions + stacks,
  },
  {
    name: 'bytes of Lambda code per region',
    limit: 75 * GIGABYTE,
    used: ({ codeBytes }) => codeBytes,
  },
  {
    name: 'EventBridge Scheduler schedules per region',
    limit: 10_000_000,
    // A retry is a schedule too; more than one of a database at a time is rare.
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

/** What an environment takes. */
export function figuresOf(
  { databases, stacks }: Pick<Environment, 'databases' | 'stacks'>,
  bytesOfCode: number,
): Figures {
  const functions = databases.reduce(
    (sum, { configure }) => sum + (configure === undefined ? 2 : 3),
    0,
  );
  return {
    databases: databases.length,
    functions,
    alarms: databases.length + ENVIRONMENT_ALARMS,
    stacks,
    codeBytes: functions * bytesOfCode,
  };
}

/** Which default quotas it would pass, with what to do. */
export function quotaWarnings(figures: Figures): readonly string[] {
  return QUOTAS.filter(({ limit, used }) => used(figures) > limit).map(
    ({ name, limit, used }) =>
      `It takes ${used(figures)} of ${limit} ${name}, which is AWS's default: have the quota raised before you deploy, or use another account.`,
  );
}
