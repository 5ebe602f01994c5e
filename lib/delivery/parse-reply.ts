import type { Reply } from './deliver.ts';

/** What an endpoint says about versions, as the extension's own client understands it. */
export type Newest =
  | { readonly says: 'up-to-date'; readonly named?: string }
  | { readonly says: 'outdated'; readonly named: string }
  | { readonly says: 'nothing'; readonly named?: undefined; readonly why: string };

const MALFORMED = 'malformed telemetry response body';
/** MAX_VERSION_STR_LEN of the extension's client. */
const VERSION_LIMIT_BYTES = 128;

/** One field of the reply as the extension reads it: as text, whatever its JSON type; undefined when it is null. */
function fieldAsText(reply: object, name: string): string | undefined {
  const value: unknown = Reflect.get(reply, name);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function parseReply(body: Uint8Array): object | undefined {
  try {
    // A byte order mark is kept, so that it is no JSON.
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Why a text is not a version, by the rules of the extension's client; undefined when it is one. */
function invalidVersionReason(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return 'no version string in response';
  if (Buffer.byteLength(text) > VERSION_LIMIT_BYTES) return 'version string is too long';
  if (!/^[A-Za-z0-9.-]+$/.test(text)) return 'version string has invalid characters';
  return undefined;
}

/**
 * Reads a reply by the rules of the extension's own client (`telemetry.c`, 1.1.0 and later): what is not to be trusted is
 * not repeated. Pure.
 */
export function understand(reply: Reply): Newest {
  if ('unreadable' in reply) {
    return {
      says: 'nothing',
      why: `telemetry error: incomplete HTTP response (${reply.unreadable})`,
    };
  }
  const object = parseReply(reply.body);
  const isUpToDate = object && fieldAsText(object, 'is_up_to_date');
  if (object === undefined || isUpToDate === undefined) return { says: 'nothing', why: MALFORMED };

  const named = fieldAsText(object, 'current_timescaledb_version');
  const reason = invalidVersionReason(named);
  const isValid = named !== undefined && reason === undefined;
  if (isUpToDate === 'true') return { says: 'up-to-date', ...(isValid && { named }) };
  return isValid
    ? { says: 'outdated', named }
    : { says: 'nothing', why: `server did not return a valid TimescaleDB version: ${reason}` };
}
