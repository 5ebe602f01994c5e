import * as z from 'zod/mini';
import { suffixOf } from '../../../lib/aws/addresses.ts';
import { AwsError } from '../../../lib/aws/aws-request.ts';
import { type AwsClient, callJson, elementIn, endpointOf, query } from './client.ts';

/** Returns the id of the account that the credentials belong to; empty if STS does not name it. */
export async function accountOf(client: AwsClient, signal: AbortSignal): Promise<string> {
  const parameters = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
  return elementIn(await query(client, 'sts', parameters, signal), 'Account') ?? '';
}

/** Returns the status of a stack, such as `CREATE_COMPLETE`; undefined if it does not exist. */
export async function stackStatus(
  client: AwsClient,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const parameters = { Action: 'DescribeStacks', Version: '2010-05-15', StackName: name };
  try {
    const xml = await query(client, 'cloudformation', parameters, signal);
    return elementIn(xml, 'StackStatus') ?? 'unknown';
  } catch (error) {
    if (error instanceof AwsError && error.name === 'ValidationError') return undefined;
    throw error;
  }
}

/** Returns the state of an alarm, such as `ALARM`; undefined if it does not exist. */
export async function alarmState(
  client: AwsClient,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const parameters = {
    Action: 'DescribeAlarms',
    Version: '2010-08-01',
    'AlarmNames.member.1': name,
  };
  return elementIn(await query(client, 'monitoring', parameters, signal), 'StateValue');
}

const groupsSchema = z.object({
  logGroups: z._default(z.array(z.object({ logGroupName: z.string() })), []),
});

/** Returns the names of the log groups that begin with a prefix, at most fifty. */
export async function logGroups(
  client: AwsClient,
  prefix: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const target = 'Logs_20140328.DescribeLogGroups';
  const answer = await callJson(client, 'logs', target, { logGroupNamePrefix: prefix }, signal);
  return z.parse(groupsSchema, answer).logGroups.map(({ logGroupName }) => logGroupName);
}

export async function deleteLogGroup(
  client: AwsClient,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  await callJson(client, 'logs', 'Logs_20140328.DeleteLogGroup', { logGroupName: name }, signal);
}

/** Time for which one request waits for messages, in seconds. */
const WAIT_SECONDS = 10;

const messagesSchema = z.object({
  Messages: z.optional(z.nullable(z.array(z.object({ Body: z.string() })))),
});

/** What Lambda writes into the queue about an invocation that failed, as far as the trial looks at it. */
const failureSchema = z.object({
  requestContext: z.object({ functionArn: z.string() }),
  responsePayload: z.optional(
    z.nullable(
      z.object({ errorType: z.optional(z.string()), errorMessage: z.optional(z.string()) }),
    ),
  ),
});
export type FailedInvocation = z.infer<typeof failureSchema>;

function parseFailure(body: string): FailedInvocation | undefined {
  try {
    return failureSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** Returns messages of a queue about failed invocations, and leaves them there. */
export async function failedInvocations(
  client: AwsClient,
  { account, name }: { readonly account: string; readonly name: string },
  signal: AbortSignal,
): Promise<readonly FailedInvocation[]> {
  const { region } = client;
  const base = endpointOf(client, 'SQS') ?? `https://sqs.${region}.${suffixOf(region)}`;
  const input = {
    QueueUrl: new URL(`/${account}/${name}`, base).href,
    MaxNumberOfMessages: 10,
    WaitTimeSeconds: WAIT_SECONDS,
    VisibilityTimeout: 0,
  };
  const answer = await callJson(client, 'sqs', 'AmazonSQS.ReceiveMessage', input, signal);
  const messages = z.parse(messagesSchema, answer).Messages ?? [];
  return messages.flatMap(({ Body }) => parseFailure(Body) ?? []);
}
