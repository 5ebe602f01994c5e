import { type ErrorMaker, errorMaker } from './error-maker.ts';

/** Poolers have one SQLSTATE for nearly every refusal, temporary or not. */
export const pooler = errorMaker(
  'DATABASE_CONNECTION_LOST',
  'The server, or more likely a pooler before it, refused or ended the session.',
  "Check the pooler's log: it may have no connection left, not know the database or the user, or use statement pooling, which allows no transactions. The run will be retried automatically.",
);

const rejectedByPooler = errorMaker(
  'DATABASE_AUTHENTICATION',
  'A pooler before the server, or the server itself, rejected the login: wrong user or password.',
  "Compare user and password with the role on the server and with the pooler's user list, which may contain an old password (PgBouncer: userlist.txt or auth_query; Pgpool-II: pool_passwd). If the secret has another version, that was tried too.",
);

const unknownToPooler = errorMaker(
  'DATABASE_MISSING',
  'The pooler before the server has no database of this name.',
  "Correct dbname in the secret or database in the target, or add the database to the pooler's configuration.",
);

/**
 * Messages of PgBouncer, Pgpool-II and Supavisor that are more precise than their SQLSTATE. They are never translated.
 * PgBouncer also forwards the server's answer to its own login.
 */
const POOLER_TEXTS: readonly (readonly [RegExp, ErrorMaker])[] = [
  [/^no such user\b|^login rejected$|authentication failed/, rejectedByPooler],
  [/^no such database\b/, unknownToPooler],
  [/server_login_retry|_timeout\b|shutting down|crashed|cannot connect|connect failed/, pooler],
  [
    /max_\w*client|max clients|is disabled|database .* does not exist|no memory|out of memory/i,
    pooler,
  ],
  [/pause failed|config error|resources exhaustion|backend (node|connection)/, pooler],
];

/**
 * Returns the maker for an error of a pooler during the login.
 *
 * @param isPasswordInQuestion the password was sent, and not accepted yet
 */
export function poolerAtLogin(text: string, isPasswordInQuestion: boolean): ErrorMaker {
  const byText = POOLER_TEXTS.find(([pattern]) => pattern.test(text))?.[1];
  return byText ?? (isPasswordInQuestion ? rejectedByPooler : pooler);
}
