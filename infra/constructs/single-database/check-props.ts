import { Token } from 'aws-cdk-lib';
import * as z from 'zod/mini';
import { nameSchema } from '../../../lib/config/target.ts';
import { EnvironmentError } from '../../config/environment-error.ts';
import type { Database, Environment } from '../../config/resolved-environment.ts';
import { type DatabaseContext, toDatabase } from '../../config/rules/database.ts';
import { variablesProblems } from '../../config/rules/environment.ts';
import { validatePartially } from '../../config/rules/validate-partially.ts';
import { readVersionData } from '../../config/rules/version-data.ts';
import { databaseSchema, environmentSchema, recordSchema } from '../../config/schema.ts';
import { LATEST_MINUTE } from '../../cron.ts';
import { replaceTokens, unresolvedIn } from '../tokens.ts';
import { networkProblems } from './network.ts';
import type { SingleDatabaseTelemetryProps } from './props.ts';

/** Name of the network of a database in a VPC. */
export const NETWORK = 'vpc';

/** Values in place of tokens, by the paths of the settings that may be tokens. */
const PLACEHOLDERS: Readonly<Record<string, unknown>> = {
  name: 'placeholder',
  environment: 'placeholder',
  host: 'host.invalid',
  port: 5_432,
  database: 'placeholder',
  'tls.serverName': 'host.invalid',
  levelWhenUnset: 'off',
  'delivery.endpoint': 'https://endpoint.invalid/',
  'delivery.latestVersion': '0.0.0',
};

/** Returns the settings that the checks of an environment's databases know. */
function settingsOf(props: SingleDatabaseTelemetryProps, problems: string[]): object {
  const { name, host, port, database, tls, levelWhenUnset, reportSource, sizes } = props;
  const { tickHours, doNotTrack, proxy, delivery, configure, vpc } = props;
  const texts = { name, host, port, database, tls, levelWhenUnset, reportSource, sizes };
  const settings = { ...texts, tickHours, doNotTrack, proxy, delivery };
  return {
    ...replaceTokens(settings, PLACEHOLDERS, problems),
    secret: 'reporting',
    ...(configure !== undefined && { configure: { secret: 'administrator' } }),
    ...(vpc !== undefined && { network: NETWORK }),
  };
}

const restSchema = z.strictObject({
  environment: nameSchema,
  logLevel: environmentSchema.shape.logLevel,
  versionData: environmentSchema.shape.versionData,
  record: z.optional(recordSchema),
});

/** Returns the settings that an environment has as a whole. */
function restOf(props: SingleDatabaseTelemetryProps, problems: string[]): object {
  const { environment, logLevel, versionData, record } = props;
  const folder = record && { bucket: 'placeholder', prefix: record.prefix };
  const settings = { environment, logLevel, versionData, record: folder };
  return replaceTokens(settings, PLACEHOLDERS, problems);
}

function tickProblems({ tickAt, tickHours = 24 }: SingleDatabaseTelemetryProps): readonly string[] {
  if (tickAt === undefined) return [];
  const limits = { hour: tickHours - 1, minute: LATEST_MINUTE };
  return (['hour', 'minute'] as const).flatMap((unit) => {
    const value = tickAt[unit];
    const isValid = Token.isUnresolved(value)
      ? tickHours === 24
      : Number.isInteger(value) && value >= 0 && value <= limits[unit];
    return isValid
      ? []
      : [
          `tickAt.${unit}: must be a whole number from 0 to ${limits[unit]}; a token is possible with tickHours 24 alone`,
        ];
  });
}

/** The time of the schedule and the names of retries are derived from the names. */
function nameProblems(props: SingleDatabaseTelemetryProps): readonly string[] {
  const { environment, name, tickAt, scheduleGroup } = props;
  const tokens = unresolvedIn({ environment, name }).join(' and ');
  if (tokens === '') return [];
  return [
    ...(tickAt === undefined
      ? [`tickAt: is required, because a time cannot be derived from a token (${tokens})`]
      : []),
    ...(scheduleGroup === undefined
      ? []
      : [
          `scheduleGroup: must be left out, because names of retries in a shared group cannot be derived from a token (${tokens})`,
        ]),
  ];
}

function otherProblems(props: SingleDatabaseTelemetryProps): readonly string[] {
  const { delivery = {}, configure, secret, code, tls, versionData } = props;
  return [
    ...tickProblems(props),
    ...nameProblems(props),
    ...networkProblems(props),
    ...(Object.hasOwn(delivery, 'latestVersionParameter')
      ? [
          'delivery.latestVersionParameter: is a key of environments; set latestVersion to StringParameter.valueForStringParameter(…)',
        ]
      : []),
    ...(configure?.secret.secretArn === secret.secretArn
      ? [
          "configure.secret: is also the secret for reporting; create one secret for each, because configure needs an administrator's login and reporting must not have one",
        ]
      : []),
    ...(code !== undefined && (tls?.caFile ?? versionData) !== undefined
      ? [
          'code: archives contain no files of yours; remove tls.caFile and versionData, and put the certificate authority into the secret, key ca',
        ]
      : []),
  ];
}

const CONTEXT = {
  place: {
    environment: 'placeholder',
    account: '000000000000',
    region: 'us-east-1',
    isPlaceholder: true,
  },
  defaults: {},
  networks: [NETWORK],
  delivery: {},
  stacks: 1,
} as const satisfies Partial<DatabaseContext>;

/** An environment with this database alone. Tokens and secrets are placeholders. */
export interface CheckedProps {
  readonly environment: Environment;
  readonly database: Database;
}

/**
 * Checks the properties of a single database.
 *
 * @param path of the construct
 * @param twin path of a construct with the same names, if there is one
 * @throws EnvironmentError with all problems at once
 */
export function checkProps(
  path: string,
  props: SingleDatabaseTelemetryProps,
  twin: string | undefined,
): CheckedProps {
  const problems: string[] = [];
  const withoutEgress = new Set(props.egress === 'none' ? [NETWORK] : []);
  const here = { now: Date.now(), folder: process.cwd() };
  const context: DatabaseContext = { ...CONTEXT, ...here, withoutEgress };
  const database = toDatabase(
    validatePartially(
      '',
      databaseSchema,
      settingsOf(props, problems),
      { name: 'placeholder', secret: 'reporting' },
      problems,
    ),
    context,
    problems,
  );
  const rest = validatePartially(
    '',
    restSchema,
    restOf(props, problems),
    { environment: 'placeholder' },
    problems,
  );
  const versionData = readVersionData(rest.versionData, context, problems);
  problems.push(...otherProblems(props));
  if (twin !== undefined) {
    problems.push(
      `name: ${twin} has the same environment and name, which identify a database in logs and metrics; give each database a name of its own`,
    );
  }
  const environment: Environment = {
    place: { ...CONTEXT.place, environment: rest.environment },
    databases: [database],
    networks: new Map(),
    ...(versionData !== undefined && { versionData }),
    recordDays: 0,
    alarms: 'database',
    logRetentionDays: 400,
    logLevel: rest.logLevel,
    stacks: 1,
  };
  if (problems.length === 0) problems.push(...variablesProblems(environment, database));
  if (problems.length > 0) {
    const texts = problems.map((problem) => problem.trimStart());
    throw new EnvironmentError(rest.environment, texts, `SingleDatabaseTelemetry ${path}`);
  }
  return { environment, database };
}
