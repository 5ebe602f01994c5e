import type { DatabaseSettings, EnvironmentSettings } from '../config/environment.ts';
import type { Environment } from '../config/resolved-environment.ts';
import { checkEnvironment } from '../config/validate.ts';
import { ARNS, NAMES } from './placeholders.ts';

const CONFIGURE = { secret: ARNS.administratorSecret };
const RECORD = { bucket: NAMES.bucket, prefix: NAMES.folder };
const NETWORK = { subnets: ['subnet-0a1b2c3d'], securityGroups: ['sg-0a1b2c3d'] };

/** Checks an environment of one database, with a record and with `configure`, whose names become placeholders. */
export function placeholderEnvironment(
  changes: Partial<EnvironmentSettings> = {},
  ofDatabase: Partial<DatabaseSettings> = {},
): Environment {
  const { account, region, environment, database: name, tickHours } = NAMES;
  const database = { name, tickHours, secret: ARNS.secret, configure: CONFIGURE, ...ofDatabase };
  const settings = { account, region, record: RECORD, databases: [database], ...changes };
  return checkEnvironment(environment, settings, Date.now());
}

/** Returns the same environment, whose database is in a network. */
export function environmentInNetwork(
  egress: 'vpc' | 'none',
  changes: Partial<EnvironmentSettings> = {},
): Environment {
  const networks = { main: { ...NETWORK, egress } };
  return placeholderEnvironment({ networks, ...changes }, { network: 'main' });
}

/** Something that a deployment may have, for which its roles need additional permissions. */
export interface Condition {
  readonly name: string;
  readonly without: Environment;
  readonly having: Environment;
}

/** Returns the conditions of permissions, each with an environment that has it and one that differs in nothing else. */
export function permissionConditions(): readonly Condition[] {
  const usual = placeholderEnvironment();
  const kmsKey = ARNS.secretKey;
  const configure = { ...CONFIGURE, kmsKey: ARNS.administratorKey };
  // The functions of a database in a network may invoke its worker; with a worker, they run outside of the network.
  const split = environmentInNetwork('none');
  const having: Readonly<Record<string, Environment>> = {
    'secret-key': placeholderEnvironment({}, { kmsKey, configure }),
    worker: split,
    'record-key': placeholderEnvironment({ record: { ...RECORD, kmsKey: ARNS.recordKey } }),
    'alarm-topic': placeholderEnvironment({ alarmTopic: ARNS.alarmTopic }),
  };
  return [
    { name: 'record', without: placeholderEnvironment({ record: false }), having: usual },
    { name: 'network', without: split, having: environmentInNetwork('vpc') },
    ...Object.entries(having).map(([name, one]) => ({ name, without: usual, having: one })),
  ];
}
