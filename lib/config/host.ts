import { isIPv6 } from 'node:net';
import * as z from 'zod/mini';

/** Removes white space around a host, and the brackets that URLs have around an IPv6 address. */
export function normalizeHost(text: string): string {
  const host = text.trim();
  const address = /^\[(.*)\]$/.exec(host)?.[1];
  return address !== undefined && isIPv6(address) ? address : host;
}

/** Characters that neither a name nor an IPv4 address can contain. */
const FOREIGN = /[\s\p{C}/@,:?#[\]\\%]/u;
/** The form of a host. */
export const HOST_FORM =
  'must be one name or address, without port (which has its own setting), URL, list or white space';

/**
 * Describes what is wrong with a normalised host, without quoting it. A path is the folder of a Unix socket, and accepted.
 *
 * @returns undefined for a name, an address or an absolute path
 */
export function hostProblem(host: string): string | undefined {
  if (host === '') return 'must not be empty';
  const isHost = isIPv6(host) || /^\/[^\p{C},]*$/u.test(host) || !FOREIGN.test(host);
  return isHost ? undefined : HOST_FORM;
}

/** The name, address or socket folder of a server, normalised. */
export const hostSchema = z.string().check(
  z.overwrite(normalizeHost),
  z.refine((host) => hostProblem(host) === undefined, {
    error: ({ input }) => hostProblem(String(input)),
  }),
);
