import * as z from 'zod/mini';
import { ENDPOINT_FORM, isEndpoint } from './endpoint-url.ts';
import { checkJson } from './validate.ts';

const workerSchema = z.strictObject({
  functionArn: z
    .string()
    .check(
      z.regex(
        /^arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}$/,
        'must be the ARN of a function',
      ),
    ),
});

/**
 * The function that reaches the database in place of this one.
 *
 * @property functionArn ARN without version or alias
 */
export type WorkerSettings = z.infer<typeof workerSchema>;

/** Environment variables of a function that may have a worker. */
export interface WorkerVariables {
  readonly WORKER?: string | undefined;
  /** Another endpoint than that of Lambda, as the AWS SDK reads it. */
  readonly AWS_ENDPOINT_URL_LAMBDA?: string | undefined;
}

/** Whether the function reaches its database through a worker. */
export function hasWorker({ WORKER = '' }: WorkerVariables): boolean {
  return WORKER !== '';
}

/**
 * Checks WORKER, and adds its problems to `problems`.
 *
 * @returns undefined for a function without a worker, or with problems
 */
export function checkWorker(
  variables: WorkerVariables,
  problems: string[],
): WorkerSettings | undefined {
  if (!hasWorker(variables)) return undefined;
  const { WORKER, AWS_ENDPOINT_URL_LAMBDA: endpoint = '' } = variables;
  // A request to the worker contains the credentials of the database.
  if (endpoint !== '' && !isEndpoint(endpoint)) {
    problems.push(`AWS_ENDPOINT_URL_LAMBDA: ${ENDPOINT_FORM}`);
  }
  return checkJson('WORKER', workerSchema, WORKER, problems);
}
