import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject } from 'vitest';
import type { LoopbackServer } from '../../../emulator/http-server.ts';
import { invoke } from '../../../emulator/lambda/invoke.ts';
import type { Account, Call, Result } from './account.ts';

/** Without it, the name that does not exist would be looked up in a network. */
const RESOLVER = join(import.meta.dirname, '..', 'network', 'resolver.ts');

/** Runs the bundle of `send-report` with the variables of a call. Lambda would end it after its time limit. */
export function runBundle(secrets: Pick<LoopbackServer, 'url'>) {
  return async (call: Call, account: Account): Promise<Result> => {
    const limitMs = call.timeoutSeconds * 1_000;
    const hangs = call.variables['NODE_OPTIONS'] !== undefined;
    const result = await invoke(
      inject('bundles')['send-report'].file,
      call.event,
      {
        ...call.variables,
        RESOLVES_TO: '',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
        AWS_ENDPOINT_URL_SCHEDULER: account.url,
        AWS_ENDPOINT_URL_S3: account.s3.url,
      },
      limitMs,
      { preload: [RESOLVER], ...(hangs && { kill: sleep(limitMs) }) },
    );
    if ('value' in result) return { value: result.value };
    const { name, message } = result.error;
    return hangs && name === 'Runtime.ExitError' && /SIGKILL/.test(message)
      ? {
          error: { name: 'Sandbox.Timedout', message: `Error: Task timed out after ${limitMs} ms` },
        }
      : { error: { name, message } };
  };
}
