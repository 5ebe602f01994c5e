import coerce from 'semver/functions/coerce.js';
import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import type { Reply } from './delivery.ts';
import type { Facts } from './facts.ts';
import { type Advisory, advisoriesFor } from './version-support.ts';

export type VerdictCode = 'up-to-date' | 'outdated' | 'ahead' | 'unknown';

/** What the version check concluded for one database, in the extension's own words where it has some. */
export interface Verdict {
  readonly code: VerdictCode;
  readonly message: string;
  readonly hint?: string;
  readonly installed: string;
  /** On the server's disk. */
  readonly available: string | null;
  /** What the endpoint named; absent unless it is a valid version text. */
  readonly latest?: string;
  /** Those that cover the installed version. */
  readonly advisories: readonly Advisory['id'][];
}

const UP_TO_DATE = 'the "timescaledb" extension is up-to-date';
const NOT_UP_TO_DATE = 'the "timescaledb" extension is not up-to-date';
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

/** How `installed` stands to `latest`; undefined when one of them has no order. */
function order(installed: string, latest: string): number | undefined {
  const [one, other] = [installed, latest].map(
    (text) => parse(text, { loose: true }) ?? coerce(text),
  );
  return one && other ? compare(one, other) : undefined;
}

/**
 * Judges a reply by the rules of the extension's own client (`telemetry.c`, 1.1.0 and later): the server decides whether
 * the installed version is up to date. One rule is ours: a downgrade is never suggested. Pure.
 */
export function judge(reply: Reply, facts: Facts): Verdict {
  const versions = {
    installed: facts.installedVersion,
    available: facts.availableVersion,
    advisories: advisoriesFor(facts.installedVersion).map(({ id }) => id),
  };
  const unknown = (message: string): Verdict => ({
    code: 'unknown',
    message,
    hint: 'The report was sent. What answered may be a proxy, or the endpoint may have changed its reply.',
    ...versions,
  });

  if ('unreadable' in reply) {
    return unknown(`telemetry error: incomplete HTTP response (${reply.unreadable})`);
  }
  const object = parseReply(reply.body);
  const isUpToDate = object && fieldAsText(object, 'is_up_to_date');
  if (object === undefined || isUpToDate === undefined) return unknown(MALFORMED);
  if (isUpToDate === 'true') return { code: 'up-to-date', message: UP_TO_DATE, ...versions };

  const latest = fieldAsText(object, 'current_timescaledb_version');
  const reason = invalidVersionReason(latest);
  if (latest === undefined || reason !== undefined) {
    return unknown(`server did not return a valid TimescaleDB version: ${reason}`);
  }
  const standing = order(versions.installed, latest);
  if (standing === 0) return { code: 'up-to-date', message: UP_TO_DATE, ...versions, latest };
  if (standing !== undefined && standing > 0) {
    return {
      code: 'ahead',
      message:
        'the installed "timescaledb" extension is newer than the newest version that the telemetry endpoint knows',
      hint: `The endpoint named ${latest}, the installed version is ${versions.installed}; nothing is to be done.`,
      ...versions,
      latest,
    };
  }
  return {
    code: 'outdated',
    message: NOT_UP_TO_DATE,
    hint: `The most up-to-date version is ${latest}, the installed version is ${versions.installed}.`,
    ...versions,
    latest,
  };
}
