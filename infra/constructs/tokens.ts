import { Token } from 'aws-cdk-lib';

/** Returns the paths of all values that are known only during the deployment, such as `databases[0].secret`. */
export function unresolvedIn(value: unknown, path = ''): readonly string[] {
  if (Token.isUnresolved(value)) return [path];
  if (Array.isArray(value)) {
    return value.flatMap((one: unknown, index) => unresolvedIn(one, `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) =>
    unresolvedIn(one, path === '' ? key : `${path}.${key}`),
  );
}

/** Explains that a setting must not be a token. */
export function tokenProblem(path: string): string {
  return `${path}: is a token of CDK, which is known only during the deployment, but names, policies and checks need the value; set the value itself`;
}

/**
 * Returns a copy of settings without keys that are undefined, and with placeholders for tokens.
 *
 * @param placeholders values that the checks accept, by the path of the setting; another setting must not be a token
 * @param problems receives the settings that must not be tokens
 */
export function replaceTokens(
  settings: object,
  placeholders: Readonly<Record<string, unknown>>,
  problems: string[],
  path = '',
): object {
  const entries = Object.entries(settings).flatMap(([key, value]): readonly [string, unknown][] => {
    const where = `${path}${key}`;
    if (value === undefined) return [];
    if (!Token.isUnresolved(value)) {
      const isNested = typeof value === 'object' && value !== null;
      const copy = isNested ? replaceTokens(value, placeholders, problems, `${where}.`) : value;
      return [[key, copy]];
    }
    const placeholder = placeholders[where];
    if (placeholder !== undefined) return [[key, placeholder]];
    problems.push(tokenProblem(where));
    return [];
  });
  return Object.fromEntries(entries);
}
