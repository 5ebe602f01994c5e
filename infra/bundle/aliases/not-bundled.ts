/**
 * Replaces packages of node-postgres that the functions never call, because they pass an object with a password, and leave
 * values of most types as text.
 */
export function parse(): never {
  throw new Error('This package is not bundled; see infra/bundle/aliases/.');
}
