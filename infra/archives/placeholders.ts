import { DATABASE_WORKER, type DatabaseFunction, functionName } from '../../lib/naming.ts';
import { retryPrefix } from '../../lib/schedule/plan-retry.ts';
import { tickExpression } from '../cron.ts';

/** Names of a deployment that exists in files only. No other text of the files contains one. */
export const NAMES = {
  account: '999999999999',
  region: 'ap-southeast-7',
  environment: 'of-the-environment',
  database: 'of-the-database',
  bucket: 'bucket-of-the-record',
  folder: 'folder-of-the-record',
  tickHours: 24,
} as const;

function namedArn(service: string, resource: string): string {
  return `arn:aws:${service}:${NAMES.region}:${NAMES.account}:${resource}`;
}

/** ARNs that this deployment is given. */
export const ARNS = {
  secret: namedArn('secretsmanager', 'secret:of-the-reporter-AbCdEf'),
  secretKey: namedArn('kms', 'key/00000000-0000-4000-8000-000000000001'),
  administratorSecret: namedArn('secretsmanager', 'secret:of-the-administrator-AbCdEf'),
  administratorKey: namedArn('kms', 'key/00000000-0000-4000-8000-000000000002'),
  recordKey: namedArn('kms', 'key/00000000-0000-4000-8000-000000000003'),
  alarmTopic: namedArn('sns', 'of-the-alarms'),
} as const;

/** The placeholders of the files in the archives, with their meanings. */
export const PLACEHOLDERS = {
  partition: 'partition of the region, such as `aws`',
  dns_suffix: 'domain of the services in the region, such as `amazonaws.com`',
  account: 'id of the account',
  region: 'the region',
  environment: 'name of the environment: at most 24 letters, digits and hyphens',
  database: 'name of the database',
  function_prefix:
    'name of the functions without `-<purpose>`: `telemetry-<environment>-<database>-<hash>`',
  worker_prefix:
    'the same for the name of `database-worker`, whose readable part is one character shorter',
  retry_prefix: 'the first 24 characters of the hash, with which the names of retries begin',
  tick_minute: 'minute of the schedule',
  tick_hours_of_day: 'hours of the schedule in UTC, separated by commas',
  tick_hours: 'hours between two ticks, as in `TARGET`',
  secret_arn: 'ARN of the secret of the reporting role',
  secret_key_arn: 'ARN of the customer-managed key that encrypts this secret',
  administrator_secret_arn: 'ARN of the secret of an administrator, for `configure`',
  administrator_secret_key_arn: 'ARN of the customer-managed key that encrypts this secret',
  record_bucket: 'name of the bucket of the record',
  record_prefix: 'folder in this bucket with a slash at its end, or nothing',
  record_key_arn: 'ARN of the customer-managed key that encrypts this bucket',
  alarm_topic_arn: 'ARN of the SNS topic for notifications of `fleet-report`',
} as const;
type Placeholder = keyof typeof PLACEHOLDERS;

function variable(name: Placeholder): string {
  return `\${${name}}`;
}

const TARGET = { ...NAMES, name: NAMES.database };

function prefixOf(name: DatabaseFunction): string {
  return functionName(NAMES.environment, NAMES.database, name).slice(0, -`-${name}`.length);
}

/** Texts and what replaces them. A text that contains another one comes first. */
const REPLACEMENTS: readonly (readonly [text: string, placeholder: string])[] = [
  [ARNS.secret, variable('secret_arn')],
  [ARNS.secretKey, variable('secret_key_arn')],
  [ARNS.administratorSecret, variable('administrator_secret_arn')],
  [ARNS.administratorKey, variable('administrator_secret_key_arn')],
  [ARNS.recordKey, variable('record_key_arn')],
  [ARNS.alarmTopic, variable('alarm_topic_arn')],
  [prefixOf('configure'), variable('function_prefix')],
  [prefixOf(DATABASE_WORKER), variable('worker_prefix')],
  [retryPrefix(TARGET), variable('retry_prefix')],
  [
    tickExpression(TARGET),
    `cron(${variable('tick_minute')} ${variable('tick_hours_of_day')} * * ? *)`,
  ],
  [` ${NAMES.tickHours} h`, ` ${variable('tick_hours')} h`],
  [`${NAMES.folder}/`, variable('record_prefix')],
  [NAMES.bucket, variable('record_bucket')],
  [`${NAMES.region}.amazonaws.com`, `${variable('region')}.${variable('dns_suffix')}`],
  ['arn:aws:', `arn:${variable('partition')}:`],
  [NAMES.account, variable('account')],
  [NAMES.region, variable('region')],
  [NAMES.environment, variable('environment')],
  [NAMES.database, variable('database')],
];

/** Returns a value as JSON text with placeholders such as `${account}` for the names of the deployment. */
export function withPlaceholders(value: object): string {
  return REPLACEMENTS.reduce(
    (text, [from, to]) => text.replaceAll(from, () => to),
    `${JSON.stringify(value, null, 2)}\n`,
  );
}
