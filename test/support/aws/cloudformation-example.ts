import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { OPTIONS, SUBNET } from '../../../infra/archives/cloudformation/variants.ts';
import type { Deployed } from './compare/resolve-template.ts';
import type { Json } from './intrinsics.ts';
import { ACCOUNT, REGION } from './synthesis.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** The file of the example for CloudFormation. */
export const EXAMPLE = readFileSync(
  join(ROOT, 'examples', 'cloudformation', 'database.yaml'),
  'utf8',
);
/** CloudFormation reads YAML 1.1. */
export const TEMPLATE: Json = parse(EXAMPLE, { version: '1.1' });

const KEY_ID = '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9';
export const SECRET = arn('secretsmanager', 'secret:test/metrics-AbCdEf');
export const ADMINISTRATOR = arn('secretsmanager', 'secret:test/administrator-AbCdEf');
export const KEY = arn('kms', `key/${KEY_ID}`);
export const TOPIC = arn('sns', 'alarms');
export const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/company-boundary`;

function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;
}

const REQUIRED = {
  Environment: 'test',
  Database: 'metrics',
  SecretArn: SECRET,
  CodeBucket: 'archives',
  CodePrefix: '1.0.0/',
  TickHour: 7,
  TickMinute: 8,
};
/** Values of the parameters that conditions depend on. */
const OPTIONAL: Readonly<Record<string, string>> = {
  AdministratorSecretArn: ADMINISTRATOR,
  AdministratorSecretKeyArn: KEY,
  SecretKeyArn: KEY,
  VpcId: 'vpc-0a1b2c3d',
  Egress: 'none',
  AlarmTopicArn: TOPIC,
  RecordBucket: 'company-telemetry',
  RecordKeyArn: KEY,
  PermissionsBoundaryArn: BOUNDARY,
};

/** Returns the conditions that hold with the parameters of some conditions. */
export function withRequired(conditions: readonly string[]): ReadonlySet<string> {
  const all = OPTIONS.filter(({ condition }) => conditions.includes(condition));
  return new Set([...conditions, ...all.flatMap(({ within }) => within ?? [])]);
}

/** Returns the values of a deployment for which these conditions hold, and no others. */
export function deployedWith(conditions: ReadonlySet<string>): Deployed {
  const chosen = OPTIONS.filter(({ condition }) => conditions.has(condition)).map(
    ({ parameter }) => [parameter, OPTIONAL[parameter]] as const,
  );
  const parameters = { ...REQUIRED, SubnetIds: [SUBNET], ...Object.fromEntries(chosen) };
  return { account: ACCOUNT, region: REGION, parameters: withDefaults(parameters) };
}

/** Adds the default of each parameter: the stacks of the construct have none. */
function withDefaults(parameters: Json): Json {
  const declared = Object.entries(Object(TEMPLATE['Parameters'])).map(([name, one]) => [
    name,
    Object(one).Default,
  ]);
  return { ...Object.fromEntries(declared), ...parameters };
}
