import type { Command } from 'commander';
import { isEndpoint } from '../../lib/config/endpoint-url.ts';
import { addProblems } from '../command.ts';

/** The options of `report --send`, as commander parses them. */
export interface SendingValues {
  readonly send?: true;
  readonly endpoint?: string;
  readonly ignoreSchedule?: true;
  readonly record?: string;
  readonly log?: true;
}

/** Adds the options of `report --send`. */
export function addSendingOptions(command: Command): void {
  command
    .optionsGroup('Sending:')
    .option('--send', 'run send-report: send the report if there is consent')
    .option('--endpoint <url>', 'the destination of --send')
    .option('--ignore-schedule', 'send even when the telemetry job is not due')
    .option(
      '--record <folder>',
      'record the run in this folder, as a deployment does in its bucket',
    )
    .option('--log', 'show the log of the run, as CloudWatch gets it');
}

/** Adds the problems of these options. */
export function checkSendingOptions(values: SendingValues, problems: string[]): void {
  const { send, endpoint, ignoreSchedule, record, log } = values;
  addProblems(problems, [
    [send === true && endpoint === undefined, '--send needs --endpoint <url>'],
    [send === undefined && endpoint !== undefined, '--endpoint needs --send'],
    [send === undefined && ignoreSchedule === true, '--ignore-schedule needs --send'],
    [send === undefined && record !== undefined, '--record needs --send'],
    [send === undefined && log === true, '--log needs --send'],
    [
      endpoint !== undefined && !isEndpoint(endpoint),
      '--endpoint must be an https:// URL without credentials or fragment (http:// on loopback only)',
    ],
  ]);
}
