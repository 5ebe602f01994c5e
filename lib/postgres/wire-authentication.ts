import { check, HEADER_BYTES, WireError } from './wire-messages.ts';

/** Source: RFC 4422, section 3.1. */
const SASL_MECHANISM = /^[A-Z0-9_-]{1,20}$/;

/** PostgreSQL's names of the authentication requests that this client does not support. */
const UNSUPPORTED_METHODS: ReadonlyMap<number, string> = new Map([
  [2, 'KERBEROS_V5'],
  [6, 'SCM_CREDENTIAL'],
  [7, 'GSSAPI'],
  [8, 'GSSAPI'],
  [9, 'SSPI'],
]);

/** The server requires an authentication method that this client does not support. */
export class AuthenticationUnsupportedError extends WireError {
  override readonly name = 'AuthenticationUnsupportedError';
  /** Name of the method in PostgreSQL, or of the SASL mechanism. */
  readonly code: string;

  constructor(method: string) {
    super('The server requires an authentication method that is not supported.');
    this.code = method;
  }
}

/** The server requests the password in clear text on a connection that others could read. */
export class ClearTextPasswordError extends WireError {
  override readonly name = 'ClearTextPasswordError';
}

/** Returns the number of the authentication request. */
function authenticationRequest(message: Buffer): number {
  check(message.length >= HEADER_BYTES + 4, 'authentication request');
  return message.readInt32BE(HEADER_BYTES);
}

/** Returns the SASL mechanisms that the server offers. */
function saslMechanisms(message: Buffer): readonly string[] {
  const what = 'list of SASL mechanisms';
  check(message.length > HEADER_BYTES + 5, what);
  check(message.at(-1) === 0 && message.at(-2) === 0, what);
  const names = message.toString('latin1', HEADER_BYTES + 4, message.length - 2).split('\0');
  check(
    names.every((name) => SASL_MECHANISM.test(name)),
    what,
  );
  return names;
}

function checkMechanisms(offered: readonly string[]): void {
  if (offered.includes('SCRAM-SHA-256')) return;
  throw new AuthenticationUnsupportedError(offered[0]?.replaceAll('-', '_') ?? '');
}

/** Checks the authentication requests of one login: the messages of one method in order, then AuthenticationOk. */
export class AuthenticationGuard {
  readonly #mayReadPassword: () => boolean;
  /** Number of the last request. */
  #request: number | undefined;
  #isAccepted = false;

  constructor(mayReadPassword: () => boolean) {
    this.#mayReadPassword = mayReadPassword;
  }

  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  /** @throws WireError */
  check(message: Buffer): void {
    const request = authenticationRequest(message);
    const before = this.#request;
    this.#request = request;
    const what = 'authentication request';
    switch (request) {
      case 0:
        // With SCRAM the server must first prove that it knows the password.
        check(message.length === HEADER_BYTES + 4 && before !== 10 && before !== 11, what);
        this.#isAccepted = true;
        return;
      case 3:
        check(message.length === HEADER_BYTES + 4 && before === undefined, what);
        if (!this.#mayReadPassword()) throw new ClearTextPasswordError();
        return;
      case 5:
        check(message.length === HEADER_BYTES + 8 && before === undefined, what);
        return;
      case 10:
        check(before === undefined, what);
        checkMechanisms(saslMechanisms(message));
        return;
      case 11:
      case 12:
        check(before === request - 1, what);
        return;
      default:
        throw new AuthenticationUnsupportedError(
          UNSUPPORTED_METHODS.get(request) ?? `AUTHENTICATION_${request >>> 0}`,
        );
    }
  }
}
