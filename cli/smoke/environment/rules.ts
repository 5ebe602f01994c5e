import type { Database, Environment } from '../../../infra/config/resolved-environment.ts';
import { DEFAULT_ENDPOINT } from '../../../lib/config/send-report-config.ts';
import type { Place } from '../context.ts';

/** The only name, or its beginning: an environment in use is never destroyed by mistake. */
const NAME = /^smoke(-|$)/;
const TICK_HOURS = 24;
/** TimescaleDB's endpoints, whatever path or port they have. */
const REAL_HOSTS = /(^|\.)(timescale|tigerdata)\.com$/;

/** Returns the database without and the one in a VPC; undefined unless there are exactly these two. */
export function databasesOf(
  environment: Pick<Environment, 'databases'>,
): Readonly<Record<Place, Database>> | undefined {
  const { databases } = environment;
  const outside = databases.find(({ network }) => network === undefined);
  const vpc = databases.find(({ network }) => network !== undefined);
  const isComplete = outside !== undefined && vpc !== undefined && databases.length === 2;
  return isComplete ? { outside, vpc } : undefined;
}

/** Returns the endpoint that a database reports to; undefined if it sends nothing. */
export function endpointOf({ delivery }: Database): string | undefined {
  const { endpoint = DEFAULT_ENDPOINT, latestVersion, latestVersionParameter } = delivery;
  return (latestVersion ?? latestVersionParameter) === undefined ? endpoint : undefined;
}

function databaseProblems(database: Database, acceptsRealEndpoint: boolean): readonly string[] {
  const { name, tickHours, doNotTrack } = database;
  const endpoint = endpointOf(database);
  const isReal = endpoint !== undefined && REAL_HOSTS.test(new URL(endpoint).hostname);
  return [
    ...(endpoint === undefined
      ? [`database ${name} sends nothing: set delivery.endpoint to an endpoint of your own`]
      : []),
    ...(isReal && !acceptsRealEndpoint
      ? [
          `database ${name} reports to TimescaleDB's endpoint: set delivery.endpoint to one of your own, or add --real-endpoint`,
        ]
      : []),
    ...(tickHours === TICK_HOURS
      ? []
      : [`database ${name} has tickHours ${tickHours}: the trial needs ${TICK_HOURS}`]),
    ...(doNotTrack ? [`database ${name} has doNotTrack: the trial needs reports`] : []),
  ];
}

/** Returns why an environment cannot be used for a trial, without full stops. */
export function trialProblems(
  environment: Environment,
  acceptsRealEndpoint: boolean,
): readonly string[] {
  const { place, databases, record } = environment;
  return [
    ...(NAME.test(place.environment)
      ? []
      : [
          `the environment is named ${place.environment}: name it smoke, or smoke-… (the trial destroys it)`,
        ]),
    ...(databasesOf(environment) === undefined
      ? ['the trial needs two databases: one without a network, and one with a network']
      : []),
    ...(record?.isCreated === true
      ? []
      : ['the trial needs the record, in a bucket of its own: remove record']),
    ...databases.flatMap((database) => databaseProblems(database, acceptsRealEndpoint)),
  ];
}
