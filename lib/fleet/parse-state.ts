import type { FleetState } from './fleet-state.ts';

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDatabase(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['name'] === 'string' &&
    Array.isArray(value['recent']) &&
    Array.isArray(value['conditions']) &&
    isObject(value['history']) &&
    typeof value['history']['days'] === 'string'
  );
}

/** Whether a value is a state of this version. Only the outline is checked: a state has up to a hundred megabytes. */
function isFleetState(value: unknown): value is FleetState {
  return (
    isObject(value) &&
    value['version'] === 1 &&
    typeof value['environment'] === 'string' &&
    typeof value['asOf'] === 'string' &&
    Array.isArray(value['daily']) &&
    Array.isArray(value['problems']) &&
    isObject(value['databases']) &&
    Object.values(value['databases']).every(isDatabase)
  );
}

/** Returns the state that a parsed text of an earlier fold is; undefined for anything else, and for another version. */
export function toFleetState(value: unknown): FleetState | undefined {
  return isFleetState(value) ? value : undefined;
}

/** Parses a state that an earlier fold has written; undefined for a text that is damaged or of another version. */
export function parseFleetState(text: string): FleetState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return toFleetState(value);
  } catch {
    return undefined;
  }
}
