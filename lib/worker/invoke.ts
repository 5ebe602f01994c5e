import * as z from 'zod/mini';
import { pathOf, suffixOf } from '../aws/addresses.ts';
import { type AwsVariables, callerOf, requestAws } from '../aws/aws-request.ts';
import type { WorkerSettings } from '../config/worker-config.ts';
import { MAX_ANSWER_BYTES } from './contract/answer.ts';
import type { WorkerRequest } from './contract/request.ts';
import { tokenSchema } from './contract/texts.ts';
import { failedWorker, invalidAnswer, invocationError } from './errors.ts';

/** The variables of a function that invokes another. */
export interface InvokingVariables extends AwsVariables {
  readonly AWS_ENDPOINT_URL_LAMBDA?: string | undefined;
}

const functionErrorSchema = z.object({ errorType: tokenSchema });

function parseJson(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return value;
  } catch {
    throw invalidAnswer('it is not JSON');
  }
}

/** Returns Lambda's type of a function's error. Its message may contain any text, and is not used. */
function errorTypeIn(body: Buffer): string | undefined {
  try {
    return functionErrorSchema.safeParse(JSON.parse(body.toString('utf8'))).data?.errorType;
  } catch {
    return undefined;
  }
}

/**
 * Invokes the worker once, and waits for its answer. The request is in no queue, and is not repeated.
 *
 * @returns the answer as parsed JSON, which is not checked yet
 * @throws RunError WORKER_*
 */
export async function invokeWorker(
  request: WorkerRequest,
  { functionArn }: WorkerSettings,
  variables: InvokingVariables,
  signal: AbortSignal,
): Promise<unknown> {
  const caller = callerOf(variables);
  const { region } = caller;
  const endpoint =
    variables.AWS_ENDPOINT_URL_LAMBDA || `https://lambda.${region}.${suffixOf(region)}`;
  const invocation = {
    service: 'lambda',
    method: 'POST',
    url: new URL(`/2015-03-31/functions/${pathOf(functionArn)}/invocations`, endpoint),
    headers: {
      'content-type': 'application/json',
      'x-amz-invocation-type': 'RequestResponse',
      'x-amz-log-type': 'None',
    },
    body: Buffer.from(JSON.stringify(request)),
    maxBytes: MAX_ANSWER_BYTES,
  } as const;
  const { headers, body } = await requestAws(invocation, caller, signal).catch(
    (thrown: unknown) => {
      throw invocationError(thrown);
    },
  );
  if (headers['x-amz-function-error'] !== undefined) throw failedWorker(errorTypeIn(body));
  return parseJson(body);
}
