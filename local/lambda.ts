import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const RUNTIME = join(import.meta.dirname, 'lambda-runtime.ts');

/** What the runtime process reports of one invocation. */
export type InvocationResult =
  | { readonly value: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

/** What Lambda writes into its line REPORT, and the result. */
export type RuntimeMessage = InvocationResult & {
  /** From the call of the handler on, whose time limit does not include the import. */
  readonly tookMs: number;
  /** The most memory that the process ever had (RSS). */
  readonly maxMemoryBytes: number;
};

/** Where the process ended before the handler did, it could not say what it took. */
export type Invocation = InvocationResult & {
  readonly tookMs?: number;
  readonly maxMemoryBytes?: number;
  /** Everything the function wrote, a line each: what CloudWatch gets. */
  readonly log: readonly string[];
  readonly exitCode: number | null;
};

/** Of nobody; what is to stay secret of them is like no other text. */
export const LOCAL_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'secret-access-key-of-nobody',
  AWS_SESSION_TOKEN: 'session-token-of-nobody',
} as const;

/** The variables that Lambda sets, as far as the SDK and Powertools look at them. */
export const LAMBDA_ENVIRONMENT = {
  ...LOCAL_CREDENTIALS,
  AWS_REGION: 'us-east-1',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  AWS_LAMBDA_FUNCTION_NAME: 'send-report-local',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  TZ: ':UTC',
} as const;

/** What is different from the process that Lambda starts. */
export interface Circumstances {
  /** Modules that the process loads before all else. */
  readonly preload?: readonly string[];
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
  /** When this resolves the process is ended by SIGKILL. */
  readonly kill?: Promise<unknown>;
}

/**
 * Invokes a bundle once as Lambda would: in a process of its own that has Lambda's environment, `environment`, and
 * nothing of ours.
 *
 * @param timeoutMs the function's time limit
 */
export async function invoke(
  bundleFile: string,
  event: unknown,
  environment: Readonly<Record<string, string>>,
  timeoutMs = 120_000,
  { preload = [], nodeOptions = [], kill }: Circumstances = {},
): Promise<Invocation> {
  const child = fork(RUNTIME, [bundleFile, String(timeoutMs)], {
    env: { ...LAMBDA_ENVIRONMENT, ...environment },
    execArgv: [...nodeOptions, ...preload.flatMap((file) => ['--import', file])],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  void kill?.then(() => child.kill('SIGKILL'));
  let message: InvocationResult | RuntimeMessage = {
    error: { name: 'ProcessEnded', message: 'The process ended before the handler did.' },
  };
  child.on('message', (last: RuntimeMessage) => {
    message = last;
  });
  child.send({ event });
  const chunks: Buffer[] = [];
  const collect = (stream: Readable | null): void => {
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  };
  collect(child.stdout);
  collect(child.stderr);
  const [exitCode] = await once(child, 'close');
  const output = Buffer.concat(chunks).toString('utf8');
  const log = output.split('\n').filter((line) => line !== '');
  return { ...message, log, exitCode };
}
