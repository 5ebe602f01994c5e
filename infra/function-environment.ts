import type { RecordSettings } from '../lib/config/record-config.ts';
import type { RetrySettings } from '../lib/config/send-report-config.ts';
import type { FleetFile, FleetSettings } from '../lib/fleet-report/settings.ts';
import { DATABASE_WORKER, type DatabaseFunction, type Purpose } from '../lib/naming.ts';
import type { Database, Environment, RecordBucket } from './config/resolved-environment.ts';
import {
  type DeployPlace,
  functionArn,
  queueArn,
  scheduleGroupName,
  schedulerRoleArn,
} from './naming.ts';

/** A function's environment variables. */
export type Variables = Readonly<Record<string, string>>;

/** Path of the certificate authority's file in the code of the functions that need it. */
export const CA_FILE = 'ca.pem';

/** Path of the environment's version data in the code of its functions. */
export const VERSION_DATA_FILE = 'version-data.json';

function toJson({ own }: DeployPlace, value: object): string {
  return own?.toJson(value) ?? JSON.stringify(value);
}

function targetOf(
  purpose: Purpose,
  { place, versionData }: Environment,
  database: Database,
): string {
  const { secret, configure = secret, caFile, serverName, tlsMode, ...settings } = database;
  return toJson(place, {
    name: settings.name,
    environment: place.environment,
    secretId: purpose === 'configure' ? configure.id : secret.id,
    ...settings.overrides,
    tls: {
      mode: tlsMode,
      ...(caFile !== undefined && { caFile: CA_FILE }),
      ...(serverName !== undefined && { serverName }),
    },
    ...settings.choices,
    tickHours: settings.tickHours,
    ...(versionData !== undefined && { versionData: VERSION_DATA_FILE }),
  });
}

function deliveryVariables(place: DeployPlace, { delivery, proxy }: Database): Variables {
  const { endpoint, latestVersion, versionCheckWhenOff } = delivery;
  return {
    DELIVERY: toJson(place, {
      ...(endpoint !== undefined && { endpoint }),
      ...(latestVersion !== undefined && { latestVersion }),
      ...(versionCheckWhenOff !== undefined && { versionCheckWhenOff }),
    }),
    ...(proxy !== undefined && { HTTPS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' }),
  };
}

function retryVariables({ place }: Environment, { stack }: Database): Variables {
  const retry: RetrySettings = {
    scheduleGroup: scheduleGroupName(place),
    roleArn: schedulerRoleArn(place, stack),
    deadLetterQueueArn: queueArn(place, 'undelivered'),
  };
  return { RETRY: toJson(place, retry) };
}

function recordVariables({ place, record }: Environment): Variables {
  if (record === undefined) return {};
  const { name: bucket, prefix } = record;
  const settings: RecordSettings = { bucket, ...(prefix !== undefined && { prefix }) };
  return { RECORD: toJson(place, settings) };
}

function workerVariables({ place }: Environment, { name, hasWorker }: Database): Variables {
  if (!hasWorker) return {};
  return { WORKER: toJson(place, { functionArn: functionArn(place, name, DATABASE_WORKER) }) };
}

/** Path of the fleet's databases and mutes in the code of `fleet-report`: they can be longer than the variables of a function. */
export const FLEET_FILE = 'fleet.json';

/** Returns the content of the fleet's file. */
export function fleetFileOf({
  databases,
  fleet,
}: Pick<Environment, 'databases' | 'fleet'>): FleetFile {
  return {
    databases: databases.map(({ name, tickHours }) => ({ name, tickHours })),
    mute: fleet?.mute ?? [],
  };
}

/** Returns the environment variables of `fleet-report`. */
export function fleetVariables(
  { place, fleet, alarmTopic }: Environment,
  { name, prefix }: RecordBucket,
): Variables {
  const settings: FleetSettings = {
    environment: place.environment,
    account: place.account,
    bucket: name,
    ...(prefix !== undefined && { prefix }),
    ...(alarmTopic !== undefined && { topic: alarmTopic }),
    digest: fleet?.digest ?? 'off',
    file: FLEET_FILE,
  };
  return { FLEET: JSON.stringify(settings) };
}

/**
 * Returns the environment variables of one function. Only `send-report` has an endpoint, schedules retries and records runs. The
 * worker has none: its requests contain what it needs.
 */
export function variablesOf(
  purpose: DatabaseFunction,
  environment: Environment,
  database: Database,
): Variables {
  if (purpose === DATABASE_WORKER) return {};
  return {
    TARGET: targetOf(purpose, environment, database),
    ...workerVariables(environment, database),
    ...(database.doNotTrack && purpose !== 'configure' && { DO_NOT_TRACK: '1' }),
    ...(purpose === 'send-report' && {
      ...deliveryVariables(environment.place, database),
      ...retryVariables(environment, database),
      ...recordVariables(environment),
      ...(environment.alarms === 'environment' && { METRICS: 'environment' }),
    }),
  };
}
