import type { Target } from '../../lib/config/target.ts';
import { type Parts, partsOfUrl } from '../options/database-url.ts';
import { type ConnectionParameters, connectionParameters } from '../options/libpq-parameters.ts';
import type { Machine } from '../options/settings.ts';

const URL_VARIABLE = 'DATABASE_URL';

/** Names the variables in a problem, which is worded for the option of other commands or names a part of the URL alone. */
function nameVariable(problem: string): string {
  return problem
    .replaceAll('--database-url', URL_VARIABLE)
    .replace(/^(?=(?:host|hostaddr|port|dbname|user|password|sslrootcert) )/, `${URL_VARIABLE}: `);
}

function portText({ port }: Partial<Pick<Target, 'port'>>): string | undefined {
  return port === undefined ? undefined : String(port);
}

/** Returns the parts that a target sets, which take precedence over the variables. */
function partsOfTarget({ host, database, ...target }: Partial<Target>): Parts {
  const port = portText(target);
  return {
    ...(host !== undefined && { host, hostaddr: '' }),
    ...(port !== undefined && { port }),
    ...(database !== undefined && { dbname: database }),
  };
}

/** Returns the variable that asks for plain text; the target alone decides about TLS, as with the URL of a secret. */
function plainTextIn(url: Parts, { PGSSLMODE }: Machine['environment']): string | undefined {
  if (url.sslmode === 'disable') return URL_VARIABLE;
  return url.sslmode === undefined && PGSSLMODE === 'disable' ? 'PGSSLMODE' : undefined;
}

/**
 * Returns the connection that DATABASE_URL and the PG* variables describe, as psql finds it. Host, port and database of the
 * target take precedence. TLS is the target's; only the authority of PGSSLROOTCERT and the name of PGHOST beside PGHOSTADDR
 * apply.
 *
 * @param target undefined if it has problems of its own
 */
export function connectionOf(
  target: Target | undefined,
  machine: Machine,
  problems: string[],
): ConnectionParameters {
  const { environment } = machine;
  const ofConnection: string[] = [];
  const url = environment[URL_VARIABLE] ?? '';
  const ofUrl = url === '' ? {} : partsOfUrl(url, ofConnection);
  const isPlain = target?.tls.mode === 'disable';
  const parts = {
    ...ofUrl,
    ...partsOfTarget(target ?? {}),
    sslmode: isPlain ? 'disable' : 'verify-full',
  };
  const connection = connectionParameters({ parts }, withoutAddress(machine, target), ofConnection);
  const variable = plainTextIn(ofUrl, environment);
  const isOnSocket = connection.host.startsWith('/');
  if (target !== undefined && variable !== undefined && !isPlain && !isOnSocket) {
    ofConnection.push(
      `${variable} has sslmode disable, but the target decides about TLS: set tls.mode to disable for plain text`,
    );
  }
  problems.push(...ofConnection.map(nameVariable));
  return connection;
}

/** Removes the address of another host than the target's. */
function withoutAddress(machine: Machine, target: Target | undefined): Machine {
  if (target?.host === undefined) return machine;
  return { ...machine, environment: { ...machine.environment, PGHOSTADDR: '' } };
}
