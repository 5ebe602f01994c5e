import type { ServerResponse } from 'node:http';
import { inject } from 'vitest';
import { type LoopbackServer, listen, readBody } from '../../../emulator/http-server.ts';
import { invoke } from '../../../emulator/lambda/invoke.ts';
import { fromTable } from '../../../emulator/secrets-manager.ts';
import { functionName, PURPOSES, type Purpose } from '../../../lib/naming.ts';
import type { TestDatabase } from '../postgres/databases.ts';
import { SUPERUSER, SUPERUSER_PASSWORD } from '../postgres/postgres.ts';
import { secret as remember } from '../process/secrets.ts';
import { SECRET_ID, secretFor, startWorld, type World } from '../run/world.ts';

const ADMINISTRATOR_ID = 'test/administrator';
export const ENVIRONMENT = 'prod';
export const TARGET_NAME = 'metrics.example';

/** One invocation as Lambda received it. */
interface Invoked {
  readonly name: string;
  readonly event: unknown;
}

/** Lambda on loopback with the bundles of one target. Each invocation runs in a new process. */
export interface Deployment extends AsyncDisposable {
  readonly world: World;
  readonly invoked: readonly Invoked[];
  /** Environment variables of a shell that may invoke the functions. */
  readonly shell: Readonly<Record<string, string>>;
}

type Answer = (
  invoked: Invoked,
  response: ServerResponse,
  run: () => Promise<void>,
) => Promise<void>;

/** Returns the variables for a Lambda on loopback: test credentials, and no lookup of others in the network. */
function shellFor({ url }: Pick<LoopbackServer, 'url'>): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: remember('secret-key-of-the-shell'),
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Answers with an error of Lambda itself. */
export function refuse(response: ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ Type: 'User', Message: 'refused by the local endpoint' }));
}

/** Answers with the result or the error of a function. */
export function respond(response: ServerResponse, payload: unknown, isError = false): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(isError && { 'x-amz-function-error': 'Unhandled' }),
  });
  response.end(JSON.stringify(payload));
}

/** Returns the environment of one function. Only send-report has DELIVERY. */
function environmentOf(purpose: Purpose, world: World): Record<string, string> {
  const { DELIVERY, ...environment } = world.environment({
    target: {
      name: TARGET_NAME,
      environment: ENVIRONMENT,
      secretId: purpose === 'configure' ? ADMINISTRATOR_ID : SECRET_ID,
    },
  });
  return {
    ...environment,
    ...(purpose === 'send-report' && DELIVERY !== undefined && { DELIVERY }),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
  };
}

async function runFunction(
  purpose: Purpose,
  event: unknown,
  world: World,
  response: ServerResponse,
): Promise<void> {
  const environment = environmentOf(purpose, world);
  const result = await invoke(inject('bundles')[purpose].file, event, environment);
  if ('value' in result) {
    respond(response, result.value);
    return;
  }
  const { name, message } = result.error;
  respond(response, { errorType: name, errorMessage: message, trace: [] }, true);
}

/**
 * Deploys the target of a database.
 *
 * @param answer answers an invocation; by default it runs the function
 */
export async function deploy(
  database: TestDatabase,
  {
    answer = (_invoked, _response, run) => run(),
    secret = secretFor(database),
  }: { answer?: Answer; secret?: string } = {},
): Promise<Deployment> {
  const administrator = { ...database, role: SUPERUSER, password: SUPERUSER_PASSWORD };
  const world = await startWorld({
    secrets: fromTable({
      [SECRET_ID]: { AWSCURRENT: { VersionId: 'v1', SecretString: secret } },
      [ADMINISTRATOR_ID]: {
        AWSCURRENT: { VersionId: 'v1', SecretString: secretFor(administrator) },
      },
    }),
  });
  const invoked: Invoked[] = [];
  const lambda = await listen(async (request, response) => {
    const [, name = ''] =
      /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? [];
    const event: unknown = JSON.parse((await readBody(request)).toString('utf8'));
    invoked.push({ name, event });
    const purpose = PURPOSES.find((one) => functionName(ENVIRONMENT, TARGET_NAME, one) === name);
    return answer({ name, event }, response, async () => {
      if (purpose === undefined) refuse(response, 404, 'ResourceNotFoundException');
      else await runFunction(purpose, event, world, response);
    });
  });
  return {
    world,
    invoked,
    shell: shellFor(lambda),
    async [Symbol.asyncDispose]() {
      await lambda[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}
