import type { Command } from 'commander';
import { addProblems } from '../command.ts';

/** The form of a region's code. */
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d$/;

/** The place of an environment in AWS, as commander parses its options. */
export interface PlaceValues {
  /** Id of the account; undefined for a placeholder. */
  readonly account?: string;
  readonly region?: string;
}

/** Adds the options of the place of an environment that is written. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option('--account <id>', 'the AWS account, 12 digits (default: a placeholder)')
    .option('--region <code>', 'the AWS region (default: a placeholder)');
}

/** Adds the problems of these options. */
export function checkPlace({ account, region }: PlaceValues, problems: string[]): void {
  addProblems(problems, [
    [account !== undefined && !/^\d{12}$/.test(account), '--account must be 12 digits'],
    [
      region !== undefined && !REGION.test(region),
      '--region must be the code of an AWS region, such as eu-central-1',
    ],
  ]);
}
