import { isIPv6 } from 'node:net';
import * as z from 'zod/mini';

/** Removes white space around a host, and the brackets of an IPv6 address in a URL. */
export function normalizeHost(text: string): string {
  const host = text.trim();
  const address = /^\[(.*)\]$/.exec(host)?.[1];
  return address !== undefined && isIPv6(address) ? address : host;
}

/** Characters that no name and no IPv4 address can contain. */
const FOREIGN = /[\s\p{C}/@,:?#[\]\\%]/u;
/** Describes a valid host. */
export const HOST_FORM =
  'must be one name or address, without port (which has its own setting), URL, list or white space';

/**
 * Describes the problem of a normalised host, without quoting it. An absolute path is the folder of a Unix socket.
 *
 * @returns undefined for a name, an address or an absolute path
 */
export function hostProblem(host: string): string | undefined {
  if (host === '') return 'must not be empty';
  const isHost = isIPv6(host) || /^\/[^\p{C},]*$/u.test(host) || !FOREIGN.test(host);
  return isHost ? undefined : HOST_FORM;
}

/** Schema of a name, an address or a socket folder; normalises it. */
export const hostSchema = z.string().check(
  z.overwrite(normalizeHost),
  z.refine((host) => hostProblem(host) === undefined, {
    error: ({ input }) => hostProblem(String(input)),
  }),
);
