import type { Command } from 'commander';
import type { TargetChoices } from '../../emulator/run-send-report.ts';
import { LEVELS, SIZES, SOURCES } from '../../lib/config/target.ts';
import { addProblems, choice, flag, oneOf } from '../command.ts';
import { readConnection } from '../options/connection.ts';
import { latestVersionOption, readLatestVersion } from '../options/latest-version.ts';
import type { ConnectionParameters } from '../options/libpq-parameters.ts';

/** The options of a target, as commander parses them. */
interface TargetValues {
  readonly level?: string;
  readonly reportSource?: string;
  readonly sizes?: string;
  readonly showSql?: true;
  readonly latestVersion?: string;
}

/** A database, and how a command reads it. */
export interface TargetOptions {
  readonly connection: ConnectionParameters;
  readonly target: TargetChoices;
  /** Version to compare with; undefined for the newest of the version data. */
  readonly latestVersion: string | undefined;
  /** Prints the statements as they are sent. */
  readonly showSql: boolean;
}

/**
 * Adds the options of a target.
 *
 * @param conflicting option that has neither statements to show nor a version to choose
 */
export function addTargetOptions(command: Command, conflicting?: string): Command {
  const showSql = flag(
    '--show-sql',
    'print the statements to stderr as they are sent to the database',
  );
  const latestVersion = latestVersionOption();
  return command
    .addOption(
      choice(
        '--level <level>',
        LEVELS,
        'the telemetry level of a server built without telemetry; no other uses it',
        'off',
      ),
    )
    .addOption(
      choice(
        '--report-source <source>',
        SOURCES,
        "catalog: plain SQL; function: the server's own function, which has side effects",
        'catalog',
      ),
    )
    .addOption(choice('--sizes <sizes>', SIZES, 'estimated: no user relation is opened', 'exact'))
    .addOption(conflicting === undefined ? showSql : showSql.conflicts(conflicting))
    .addOption(conflicting === undefined ? latestVersion : latestVersion.conflicts(conflicting));
}

/** Returns the target and its connection; adds the problems of the options. */
export function readTarget(parsed: Command, problems: string[]): TargetOptions {
  const values = parsed.opts<TargetValues>();
  const { level, reportSource, sizes } = values;
  const connection = readConnection(parsed, problems);
  addProblems(problems, [
    [
      reportSource === 'function' && sizes === 'estimated',
      '--sizes estimated opens no user relation, but --report-source function opens all of them',
    ],
  ]);
  return {
    connection,
    target: {
      name: 'own-server',
      tls: connection.tls,
      level: oneOf('--level', level, LEVELS, problems) ?? 'off',
      reportSource: oneOf('--report-source', reportSource, SOURCES, problems) ?? 'catalog',
      sizes: oneOf('--sizes', sizes, SIZES, problems) ?? 'exact',
    },
    latestVersion: readLatestVersion(values, problems),
    showSql: values.showSql === true,
  };
}
