/** `TimescaleDB only supports PostgreSQL 9.6.3+, 10.2+, 11 or 12`: a message of every release since 0.12.0. */
const MESSAGE = /"TimescaleDB only supports PostgreSQL ([^"]+)"/;

const MAJORS = /^\d+(?:\.\d+)*\+?(?:(?:, | or | and |, or |, and )\d+(?:\.\d+)*\+?)*$/;

/** Returns the major of a version that may be a minimum: 9.6 for `9.6.3+`, 10 for `10.2+`. */
function majorOf(version: string): string {
  const [first = '', second] = version.replace('+', '').split('.');
  return Number(first) < 10 && second !== undefined ? `${first}.${second}` : first;
}

/**
 * Returns the PostgreSQL majors that a release can be built with, from its `CMakeLists.txt`; undefined where the file does
 * not name them in a known form.
 */
export function parseBuildFile(text: string): readonly string[] | undefined {
  const list = MESSAGE.exec(text)?.[1];
  if (list === undefined || !MAJORS.test(list)) return undefined;
  return list.split(/,? (?:or |and )?/).map(majorOf);
}
