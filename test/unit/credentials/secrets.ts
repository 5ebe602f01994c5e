import { inspect } from 'node:util';
import { parseTarget, type Target } from '../../../lib/config/target.ts';
import { type Credentials, parseSecret } from '../../../lib/credentials/parse-secret.ts';
import { RunError } from '../../../lib/errors.ts';

export const TARGET = parseTarget({
  TARGET: '{"name":"orders","environment":"prod","secretId":"orders/telemetry"}',
});

export const RDS = {
  engine: 'postgres',
  host: 'db.example.com',
  port: 6432,
  username: 'reporter',
  password: 'p@ss',
  dbname: 'tsdb',
  dbInstanceIdentifier: 'db-1',
};

export function parse(secret: string | object, target: Target = TARGET): Credentials {
  const SecretString = typeof secret === 'string' ? secret : JSON.stringify(secret);
  return parseSecret({ SecretString, VersionId: 'v1' }, target);
}

export async function errorOf(action: () => unknown): Promise<RunError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

/** Returns everything that a printer of errors could show. */
export function everythingShownOf(error: RunError): string {
  return [
    error.message,
    error.remedy,
    error.origin,
    String(error),
    error.stack,
    JSON.stringify(error),
    inspect(error),
    inspect(error, { showHidden: true, depth: null, getters: false }),
  ].join('\n');
}
