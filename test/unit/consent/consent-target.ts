import { parseTarget, type Target } from '../../../lib/config/target.ts';
import { aJob } from '../../support/timescaledb/facts.ts';

/** Occurs in every name of the target; must not occur in texts. */
export const CANARY = 'c4n4ry';

export const TARGET: Target = {
  ...parseTarget({
    TARGET: JSON.stringify({ name: CANARY, environment: CANARY, secretId: CANARY }),
  }),
  host: CANARY,
  database: CANARY,
};

export const BASIC_WHEN_UNSET: Target = { ...TARGET, levelWhenUnset: 'basic' };

export const PAUSED = aJob({ id: 714_714, scheduled: false });

export const SET_AT_PLACE =
  "Set timescaledb.telemetry_level = 'basic' there, and reload the server's configuration";
