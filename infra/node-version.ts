/**
 * Releases of Node that the commands run on, as `engines` of the package has them. Older ones ignore NODE_USE_ENV_PROXY: a
 * report would leave without the proxy that the user has set.
 */
export const SUPPORTED_NODE = '^22.21.0 || >=24.5.0';

/** Returns whether a version of Node satisfies `SUPPORTED_NODE`. The syntax is that of Node 12, which prints the reason, too. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);
}
