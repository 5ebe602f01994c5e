import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type DatabaseSettings, defineEnvironment } from 'timescaledb-telemetry';
import overrides from './overrides.json' with { type: 'json' };

/** Username and password of one role, which exists in every database; host, port and database are in the list. */
const SHARED_SECRET = 'fleet/telemetry';

interface Row {
  readonly name: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
}

const rows: readonly Row[] = parse(
  readFileSync(join(import.meta.dirname, 'databases.csv'), 'utf8'),
  { columns: true, trim: true, skip_empty_lines: true },
);
/** Settings of single databases, by name. */
const ownSettings: Readonly<Record<string, object>> = overrides;

/** Databases listed in a CSV file, with settings of single databases in a JSON file. Replace every id. */
export const environment = defineEnvironment({
  account: '111111111111',
  region: 'eu-central-1',
  // About 50 databases per stack; with more stacks from the beginning no database moves later.
  stacks: 4,
  // No alarm and no metrics of single databases, which would cost 0.28 USD per month each.
  alarms: 'environment',
  networks: {
    main: { vpc: 'vpc-0a1b2c3d4e5f60718', subnets: ['subnet-0a1b2c3d4e5f60718'] },
  },
  defaults: { network: 'main' },
  databases: rows.map(
    ({ port, ...row }): DatabaseSettings => ({
      ...row,
      port: Number(port),
      secret: SHARED_SECRET,
      ...ownSettings[row.name],
    }),
  ),
});
