import type { Reply } from './deliver.ts';

/**
 * The latest version that an endpoint names, by the rules of the extension's own client.
 *
 * @property version absent unless it is a valid version text
 * @property reason why no version is known; a sentence of the extension's client where it has one
 */
export type LatestVersion =
  | { readonly status: 'up-to-date'; readonly version?: string }
  | { readonly status: 'outdated'; readonly version: string }
  | { readonly status: 'unknown'; readonly version?: undefined; readonly reason: string };

const MALFORMED = 'malformed telemetry response body';
/** MAX_VERSION_STR_LEN of the extension's client. */
const VERSION_LIMIT_BYTES = 128;

/** Returns one field as the extension reads it: as text, whatever its JSON type; undefined for null. */
function fieldAsText(body: object, name: string): string | undefined {
  const value: unknown = Reflect.get(body, name);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parseBody(bytes: Uint8Array): object | undefined {
  try {
    // Keeps a byte order mark, which JSON does not allow.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Returns why a text is not a version by the rules of the extension's client; undefined when it is one. */
function invalidVersionReason(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return 'no version string in response';
  if (Buffer.byteLength(text) > VERSION_LIMIT_BYTES) return 'version string is too long';
  if (!/^[A-Za-z0-9.-]+$/.test(text)) return 'version string has invalid characters';
  return undefined;
}

/**
 * Parses a reply by the rules of the extension's own client (`telemetry.c`, 1.1.0 and later). Never repeats a text that
 * is not a valid version. Pure.
 */
export function parseReply(reply: Reply): LatestVersion {
  if ('unreadable' in reply) {
    return {
      status: 'unknown',
      reason: `telemetry error: incomplete HTTP response (${reply.unreadable})`,
    };
  }
  const body = parseBody(reply.body);
  const isUpToDate = body && fieldAsText(body, 'is_up_to_date');
  if (body === undefined || isUpToDate === undefined) {
    return { status: 'unknown', reason: MALFORMED };
  }
  const version = fieldAsText(body, 'current_timescaledb_version');
  const problem = invalidVersionReason(version);
  const isValid = version !== undefined && problem === undefined;
  if (isUpToDate === 'true') return { status: 'up-to-date', ...(isValid && { version }) };
  return isValid
    ? { status: 'outdated', version }
    : {
        status: 'unknown',
        reason: `server did not return a valid TimescaleDB version: ${problem}`,
      };
}
