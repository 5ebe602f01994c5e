import { parseTarget } from '../../../lib/config/target.ts';
import type { LevelPlace } from '../../../lib/consent/level-place.ts';
import { type LevelAnswer, resolveLevel } from '../../../lib/consent/telemetry-level.ts';
import type { Facts, Holder, StoredLevel, StoredPlace } from '../../../lib/timescaledb/facts.ts';
import { aServer } from '../../support/timescaledb/facts.ts';

export const TARGET = parseTarget({
  TARGET: '{"name":"orders","environment":"prod","secretId":"s"}',
});

export const LOOSEST = { ...TARGET, levelWhenUnset: 'basic' } as const;

export function stored(
  place: StoredPlace,
  value: string,
  holder: Holder = 'everybody',
): StoredLevel {
  return { place, holder, value };
}

/** Formats a place as one text: `role (job-owner)`. */
function nameOf({ where, holder }: LevelPlace): string {
  return holder === undefined ? where : `${where} (${holder})`;
}

/** Returns an answer with its places as texts. */
export function asTexts({ place, tightenedBy, ...rest }: LevelAnswer) {
  return {
    ...rest,
    where: nameOf(place),
    ...(tightenedBy && { tightenedBy: nameOf(tightenedBy) }),
  };
}

export function resolve(level: Partial<Facts['level']>) {
  return asTexts(resolveLevel(aServer({ level }), TARGET));
}
