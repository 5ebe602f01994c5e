/** Domain suffixes of services by the beginning of the region's name; `amazonaws.com` for all others. */
const SUFFIXES = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
] as const;

/** Returns the domain suffix of services in a region. */
export function suffixOf(region: string): string {
  const found = SUFFIXES.find(([prefix]) => region.startsWith(prefix));
  return found?.[1] ?? 'amazonaws.com';
}

/** Encodes a text for a URL as AWS's signing process requires it: everything but letters, digits and `-_.~`. */
export function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Returns the path of an object in a URL. */
export function pathOf(key: string): string {
  return key.split('/').map(encode).join('/');
}
