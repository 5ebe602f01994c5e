import { type CommandDefinition, createCommand } from '../command.ts';
import { addConnectionOptions } from '../options/connection.ts';
import { type CheckOptions, checkDatabase } from '../report/check.ts';
import { addTargetOptions, readTarget } from '../report/target.ts';

const command = addTargetOptions(
  addConnectionOptions(
    createCommand(
      'check',
      'Checks every stage of a run on a database, except sending, and shows what to do about each problem. Nothing is sent.',
    ),
  ).option('--json', 'print one JSON object'),
);

export const definition: CommandDefinition<CheckOptions> = {
  command,
  read: (parsed, problems) => ({
    ...readTarget(parsed, problems),
    json: parsed.opts<{ json?: true }>().json === true,
  }),
  perform: checkDatabase,
};
