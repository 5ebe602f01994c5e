/** Every error code of a run, and whether a later attempt may succeed. Part of the log's contract. */
export const RETRYABLE_BY_CODE = {
  CONFIG_INVALID: false,
  EVENT_INVALID: false,
  TIME_LIMIT: true,
  INTERRUPTED: true,
  RETRY_NOT_SCHEDULED: false,
  RECORD_NOT_WRITTEN: false,
  INTERNAL: false,

  SECRET_NOT_FOUND: false,
  SECRET_DENIED: false,
  SECRET_UNREADABLE: false,
  SECRET_INVALID: false,
  SECRET_UNAVAILABLE: true,

  WORKER_DENIED: true,
  WORKER_THROTTLED: true,
  WORKER_UNAVAILABLE: true,
  WORKER_FAILED: true,
  WORKER_VERSION: true,
  WORKER_ANSWER_INVALID: false,

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

  RECORD_DENIED: false,
  RECORD_UNAVAILABLE: true,
  FLEET_STATE_CONFLICT: true,
  NOTIFICATION_NOT_SENT: true,
} as const;

export type ErrorCode = keyof typeof RETRYABLE_BY_CODE;

export interface RunErrorDetails {
  /** How to correct the problem; begins with an imperative verb. */
  readonly remedy: string;
  /** PostgreSQL's SQLSTATE, or the name of an error of Node or AWS; never free text. */
  readonly origin?: string | undefined;
  /** The original error. It may contain names of roles, databases and hosts, so only the debug log shows it. */
  readonly original?: unknown;
}

/**
 * An error of a run. The message says what happened and the likely cause, the remedy how to correct it. Neither contains a
 * secret or the name of a role, a database or a host. The original error is not the `cause`, because Lambda prints an
 * uncaught error with its causes, and PostgreSQL's messages contain names.
 */
export class RunError extends Error {
  /** Lambda's JSON log format prints the constructor's name as `errorType`, which minification would change. */
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

  /** The original error, for the debug log. A private field, which no printer of errors shows. */
  get original(): unknown {
    return this.#original;
  }
}

/** Fields of an error in a log line, beside its message and remedy. */
export interface ErrorFields {
  readonly code: ErrorCode;
  readonly origin?: string;
  readonly retryable: boolean;
}

export function toErrorFields({ code, origin, retryable }: RunError): ErrorFields {
  return { code, ...(origin !== undefined && { origin }), retryable };
}

/** Converts a thrown value; an unknown error is reported as a defect of this project. */
export function toRunError(thrown: unknown): RunError {
  if (thrown instanceof RunError) return thrown;
  return new RunError('INTERNAL', 'An unexpected error ended the run.', {
    remedy:
      'Set the log level to DEBUG (logLevel of the environment) for one run, and report the log lines: this is a defect in timescaledb-telemetry.',
    origin: errorCodeOf(thrown),
    original: thrown,
  });
}

/** Returns the `code` or `name` of an error if it is a meaningful token; never its message. */
export function errorCodeOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const code = 'code' in thrown ? thrown.code : undefined;
  const token = typeof code === 'string' ? code : thrown.name;
  return /^[A-Za-z0-9_.]{1,64}$/.test(token) && !/^error$/i.test(token) ? token : undefined;
}

/** Severity of a log line, by Powertools' names. */
export type Severity = 'INFO' | 'WARN' | 'ERROR';
