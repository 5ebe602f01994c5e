import * as z from 'zod/mini';
import { type Clock, lookUntilFound } from '../clock.ts';
import { SmokeError } from '../step.ts';
import { type AwsClient, send } from './client.ts';

const POLL_MS = 2_000;

const configurationSchema = z.object({ LastUpdateStatus: z.optional(z.string()) });

function pathOf(name: string): string {
  return `/2015-03-31/functions/${encodeURIComponent(name)}`;
}

/** Settings of a function that the trial changes. */
export interface FunctionSettings {
  /** All environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Time limit in seconds. */
  readonly timeoutSeconds?: number;
}

async function updateStatus(client: AwsClient, name: string, signal: AbortSignal) {
  const path = `${pathOf(name)}/configuration`;
  const answer = await send(client, 'lambda', { method: 'GET', path }, signal);
  return z.parse(configurationSchema, JSON.parse(answer)).LastUpdateStatus;
}

/**
 * Changes the settings of a function, and waits until they are in effect.
 *
 * @throws SmokeError if Lambda does not apply them
 */
export async function configureFunction(
  client: AwsClient,
  name: string,
  { variables, timeoutSeconds }: FunctionSettings,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const body = JSON.stringify({
    Environment: { Variables: variables },
    ...(timeoutSeconds !== undefined && { Timeout: timeoutSeconds }),
  });
  await send(
    client,
    'lambda',
    {
      method: 'PUT',
      path: `${pathOf(name)}/configuration`,
      headers: { 'content-type': 'application/json' },
      body,
    },
    signal,
  );
  const status = await lookUntilFound(
    async () => {
      const found = await updateStatus(client, name, signal);
      return found === 'InProgress' ? undefined : (found ?? 'Successful');
    },
    POLL_MS,
    { clock, signal },
  );
  if (status === 'Successful') return;
  throw new SmokeError(
    `Lambda did not apply a changed configuration (${status}).`,
    "Read the function's state in the console of Lambda, and report it.",
  );
}

/** Invokes a function as an event, without waiting for its result. Lambda retries it as the function's settings say. */
export async function invokeAsEvent(
  client: AwsClient,
  name: string,
  event: unknown,
  signal: AbortSignal,
): Promise<void> {
  await send(
    client,
    'lambda',
    {
      path: `${pathOf(name)}/invocations`,
      headers: { 'content-type': 'application/json', 'x-amz-invocation-type': 'Event' },
      body: JSON.stringify(event),
      isRepeatable: false,
    },
    signal,
  );
}
