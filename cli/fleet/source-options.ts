import { type Command, Option } from 'commander';
import { environmentsFolder } from '../../infra/config/folders.ts';
import { LEVELS, nameSchema } from '../../lib/config/target.ts';
import { check } from '../../lib/config/validate.ts';
import { addProblems, choice, flag, oneOf } from '../command.ts';
import { checkVariablesOfLists } from '../options/connection.ts';
import { databasesOption } from '../options/databases.ts';
import { latestVersionOption, readLatestVersion } from '../options/latest-version.ts';
import { listedDatabases } from './check-databases.ts';
import { liveFleet } from './live-fleet.ts';
import { recordedFleet } from './recorded-fleet.ts';
import type { FleetSource } from './row.ts';
import { SIMULATED_FLEET } from './simulated-fleet.ts';

const DEFAULT_PARALLEL = 8;
const MAX_PARALLEL = 64;

/** Values of the options that choose the source of a fleet. */
export interface SourceValues {
  readonly databases?: string;
  readonly demo?: true;
  readonly live?: true;
  readonly environments?: string;
  readonly parallel?: string;
  readonly level?: string;
  readonly latestVersion?: string;
}

/** Creates the options that choose the source of a fleet. */
export function sourceOptions(): readonly Option[] {
  return [
    flag('--live', 'invoke the check of each database of the environment, instead of its record'),
    new Option('--environments <dir>', 'the folder of the environments (default: environments)'),
    databasesOption().conflicts(['live', 'environments']),
    flag('--demo', 'simulate 40 databases over 90 days, and open their page').conflicts([
      'databases',
      'live',
      'environments',
      'parallel',
      'level',
      'latestVersion',
    ]),
    new Option(
      '--parallel <n>',
      `databases checked at a time, 1 to ${MAX_PARALLEL} (default: ${DEFAULT_PARALLEL})`,
    ),
    choice(
      '--level <level>',
      LEVELS,
      'the telemetry level of servers built without telemetry; no other uses it',
      'off',
    ),
    latestVersionOption(),
  ];
}

function readParallel({ parallel }: SourceValues, problems: string[]): number {
  const number = Number(parallel ?? DEFAULT_PARALLEL);
  addProblems(problems, [
    [
      parallel !== undefined && !(/^\d+$/.test(parallel) && number >= 1 && number <= MAX_PARALLEL),
      `--parallel must be a whole number from 1 to ${MAX_PARALLEL}`,
    ],
  ]);
  return number;
}

function readEnvironmentSource(
  environment: string,
  parsed: Command,
  problems: string[],
): FleetSource {
  const values = parsed.opts<SourceValues>();
  const { databases, demo, live, environments, parallel, latestVersion } = values;
  check('<environment>', nameSchema, environment, problems);
  addProblems(problems, [
    [databases !== undefined, '--databases has a list of its own: leave out the environment'],
    [demo === true, '--demo has databases of its own: leave out the environment'],
    [latestVersion !== undefined, '--latest-version: only with --databases'],
    [parsed.getOptionValueSource('level') === 'cli', '--level: only with --databases'],
    [parallel !== undefined && live !== true, '--parallel: only with --databases or --live'],
  ]);
  const folder = environmentsFolder(environments);
  return live === true
    ? liveFleet(environment, folder, readParallel(values, problems))
    : recordedFleet(environment, folder);
}

/** Returns the source that the arguments choose. */
export function readSource(parsed: Command, problems: string[]): FleetSource {
  const values = parsed.opts<SourceValues>();
  const [environment] = parsed.args.filter((argument) => !argument.startsWith('-'));
  if (environment !== undefined) return readEnvironmentSource(environment, parsed, problems);
  const { demo, live, environments, databases = '', level } = values;
  if (demo) return SIMULATED_FLEET;
  addProblems(problems, [
    [databases === '', 'the name of an environment, --databases <file> or --demo is missing'],
    [live === true, '--live needs the name of an environment'],
    [environments !== undefined, '--environments needs the name of an environment'],
  ]);
  checkVariablesOfLists(problems);
  return listedDatabases(databases, {
    level: oneOf('--level', level, LEVELS, problems) ?? 'off',
    latestVersion: readLatestVersion(values, problems),
    parallel: readParallel(values, problems),
  });
}
