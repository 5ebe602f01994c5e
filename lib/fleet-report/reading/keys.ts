/** An object that a report writes: the state for the next report, the page, and the fleet for other programs. */
export type FleetObject = 'state' | 'fleet' | 'page';

const NAMES: Readonly<Record<FleetObject, string>> = {
  state: 'state.json.gz',
  fleet: 'fleet.json',
  page: 'index.html',
};

/**
 * Returns the common beginning of the keys of a report.
 *
 * @param prefix folder of the record in its bucket, without a slash at its end
 */
export function fleetPrefix(environment: string, prefix?: string): string {
  const folder = `fleet/environment=${environment}/`;
  return prefix === undefined ? folder : `${prefix}/${folder}`;
}

/** Returns the key of an object of a report. */
export function fleetKey(object: FleetObject, environment: string, prefix?: string): string {
  return `${fleetPrefix(environment, prefix)}${NAMES[object]}`;
}
