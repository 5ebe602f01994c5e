import { type ConnectionOptions, parse } from 'pg-connection-string';
import { quotable } from '../../lib/config/printable.ts';

/** The supported connection parameters, with libpq's keywords. */
const KEYWORDS = [
  'host',
  'hostaddr',
  'port',
  'dbname',
  'user',
  'password',
  'sslmode',
  'sslrootcert',
] as const;
export type Keyword = (typeof KEYWORDS)[number];

/** Parameters without an effect on this project. */
const WITHOUT_EFFECT =
  /^(application_name|fallback_application_name|client_encoding|connect_timeout|keepalives(_.+)?|tcp_user_timeout|channel_binding|gssencmode|sslsni)$/;

/** Limit of a parameter's name that is quoted. */
const MAX_NAME_LENGTH = 40;

/** Parts of a connection by libpq's keywords. */
export type Parts = Readonly<Partial<Record<Keyword, string>>>;

const NOT_ENCODED =
  '--database-url has a character in user or password that must be percent-encoded (such as @ / ? #)';

/** Parses a URL without its parameters: for those of TLS the library would read files and print warnings. */
function parseBase(base: string): ConnectionOptions | undefined {
  try {
    return parse(base);
  } catch {
    return undefined;
  }
}

/** Returns the name of the database. The library does not decode %2F, %3F, %23 and %40 in it. */
function databaseOf(base: string): string | undefined {
  try {
    return decodeURIComponent(/^[^:]+:\/\/[^/]*\/?(.*)$/s.exec(base)?.[1] ?? '');
  } catch {
    return undefined;
  }
}

function checkParameters(parameters: URLSearchParams, problems: string[]): void {
  for (const name of parameters.keys()) {
    if (KEYWORDS.some((keyword) => keyword === name) || WITHOUT_EFFECT.test(name)) continue;
    const instead = name === 'options' ? '; set PGOPTIONS instead' : '';
    const quoted = quotable(name, MAX_NAME_LENGTH);
    problems.push(`--database-url: the parameter ${quoted} is not supported${instead}`);
  }
}

/** Returns the connection parameters of a URL; adds problems that do not quote it. */
export function partsOfUrl(url: string, problems: string[]): Parts {
  const [start, authority = ''] = /^postgres(?:ql)?:\/\/([^/?#]*)/.exec(url) ?? [];
  if (start === undefined) {
    problems.push('--database-url must begin with postgres:// or postgresql://');
    return {};
  }
  if (/[@#]/.test(url.slice(start.length))) {
    problems.push(NOT_ENCODED);
    return {};
  }
  if (authority.slice(authority.lastIndexOf('@') + 1).includes(',')) {
    problems.push('--database-url names several servers; use only one');
    return {};
  }
  const [base = '', ...query] = url.split('?');
  const parsed = parseBase(base);
  const dbname = databaseOf(base);
  if (parsed === undefined || dbname === undefined) {
    problems.push(
      '--database-url cannot be parsed; its form is postgres://user:password@host:port/database, with reserved characters percent-encoded',
    );
    return {};
  }
  // In libpq, and unlike in a form, a plus sign is not a blank.
  const parameters = new URLSearchParams(query.join('?').replaceAll('+', '%2B'));
  checkParameters(parameters, problems);
  return {
    host: parsed.host ?? '',
    port: parsed.port ?? '',
    dbname,
    user: parsed.user ?? '',
    password: parsed.password ?? '',
    ...Object.fromEntries(parameters),
  };
}
