/**
 * Every error that a run can end with: its stable code, and whether trying again later can help.
 * The codes are part of the log's contract; they are never renamed.
 */
export const RETRYABLE_BY_CODE = {
  CONFIG_INVALID: false,
  EVENT_INVALID: false,
  TIME_LIMIT: true,
  RETRY_NOT_SCHEDULED: false,
  INTERNAL: false,

  SECRET_NOT_FOUND: false,
  SECRET_DENIED: false,
  SECRET_UNREADABLE: false,
  SECRET_INVALID: false,
  SECRET_UNAVAILABLE: true,

  DATABASE_UNREACHABLE: true,
  DATABASE_BUSY: true,
  DATABASE_CONNECTION_LOST: true,
  DATABASE_CONFLICT: true,
  DATABASE_TLS_REFUSED: false,
  DATABASE_TLS_UNSUPPORTED: false,
  DATABASE_TLS_UNVERIFIED: false,
  DATABASE_NOT_POSTGRESQL: false,
  DATABASE_AUTHENTICATION: false,
  DATABASE_AUTHENTICATION_UNSUPPORTED: false,
  DATABASE_MISSING: false,
  DATABASE_PERMISSION: false,
  DATABASE_STATEMENT_TIMEOUT: true,
  DATABASE_DAMAGED: false,
  DATABASE_ERROR: false,
  CATALOG_LOCKED: true,
  CATALOG_UNEXPECTED: false,
  EXTENSION_MISSING: false,
  VERSION_UNSUPPORTED: false,
  REPORT_UNPUBLISHED: false,
  REPORT_TOO_LARGE: false,
  CHANGE_DENIED: false,
  CHANGE_FAILED: false,

  ENDPOINT_UNREACHABLE: true,
  ENDPOINT_TLS: false,
  ENDPOINT_TIMEOUT: true,
  ENDPOINT_REDIRECTED: false,
  ENDPOINT_REJECTED: false,
  ENDPOINT_UNAVAILABLE: true,
} as const;

export type ErrorCode = keyof typeof RETRYABLE_BY_CODE;

export interface RunErrorDetails {
  /** What to do about it; a sentence for the person who reads the log. */
  readonly remedy: string;
  /** PostgreSQL's SQLSTATE, Node's or AWS's error name: a token, never free text. */
  readonly origin?: string | undefined;
  /** What was thrown first. It may name roles, databases and hosts, so only the debug log shows it. */
  readonly original?: unknown;
}

/**
 * An error of a run. The message says what happened and the likely cause, the remedy what to do; neither quotes a
 * secret, a role, a database or a host. The original is not kept as `cause`, because Lambda prints an uncaught
 * error with its causes and the texts of PostgreSQL's errors carry names.
 */
export class RunError extends Error {
  /** Kept through minification: in its JSON log format Lambda prints the constructor's name as `errorType`. */
  static override readonly name = 'RunError';
  override readonly name = 'RunError' as const;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly remedy: string;
  readonly origin: string | undefined;
  readonly #original: unknown;

  constructor(code: ErrorCode, message: string, details: RunErrorDetails) {
    super(message);
    this.code = code;
    this.retryable = RETRYABLE_BY_CODE[code];
    this.remedy = details.remedy;
    this.origin = details.origin;
    this.#original = details.original;
  }

  /** What was thrown first, for the debug log alone. A private field, so that no printer of errors finds it. */
  get original(): unknown {
    return this.#original;
  }
}

/** What a log line has of an error beside its message and remedy. */
export interface ErrorFields {
  readonly code: ErrorCode;
  readonly origin?: string;
  readonly retryable: boolean;
}

export function toErrorFields({ code, origin, retryable }: RunError): ErrorFields {
  return { code, ...(origin !== undefined && { origin }), retryable };
}

/** Any thrown value as a RunError; what is not one already is a defect of ours and says so. */
export function toRunError(thrown: unknown): RunError {
  if (thrown instanceof RunError) return thrown;
  return new RunError('INTERNAL', 'An unexpected error ended the run.', {
    remedy:
      'This is a defect in timescaledb-telemetry. Set the log level to DEBUG (logLevel of the environment) for one run, and report what the log shows.',
    origin: errorCodeOf(thrown),
    original: thrown,
  });
}

/** The `code` or `name` of a thrown value, if it is a plain token that says something; never its text. */
export function errorCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const code = 'code' in thrown ? thrown.code : undefined;
  const token = typeof code === 'string' ? code : thrown.name;
  return /^[A-Za-z0-9_.]{1,64}$/.test(token) && !/^error$/i.test(token) ? token : undefined;
}

/** How serious a line of the log is; the names are those of Powertools. */
export type Severity = 'INFO' | 'WARN' | 'ERROR';
