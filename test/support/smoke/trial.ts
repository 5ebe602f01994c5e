import { join } from 'node:path';
import { runCdk } from '../../../cli/smoke/cdk.ts';
import type { Clock } from '../../../cli/smoke/clock.ts';
import type { SmokeContext } from '../../../cli/smoke/context.ts';
import { databasesOf } from '../../../cli/smoke/environment/rules.ts';
import { runTrial } from '../../../cli/smoke/smoke.ts';
import { SmokeError, type StepResult } from '../../../cli/smoke/step.ts';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import type { Environment } from '../../../infra/config/resolved-environment.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { type Account, type AccountOptions, type Call, startAccount } from './account.ts';
import { createFakeClock } from './fake-clock.ts';
import { type Differently, simulate } from './simulation.ts';

const STUB = join(import.meta.dirname, 'cdk-stub.ts');

export const SETTINGS: EnvironmentSettings = {
  account: '123456789012',
  region: 'eu-central-1',
  delivery: { endpoint: 'https://telemetry.example.com/v1/metrics' },
  networks: { main: { vpc: 'vpc-0a1b2c3d', subnets: ['subnet-0a1b2c3d'] } },
  databases: [
    { name: 'sensors', secret: 'trial/sensors' },
    { name: 'billing', secret: 'trial/billing', network: 'main' },
  ],
};

export function resolve(
  changes: Partial<EnvironmentSettings> = {},
  name = 'smoke-test',
): Environment {
  return checkEnvironment(name, { ...SETTINGS, ...changes }, Date.now());
}

/** Asks the account for the exit status of a command, as the stub of the CDK does. */
async function askAccount({ url }: Account, command: string, signal: AbortSignal): Promise<number> {
  const answer = await fetch(new URL(`/cdk/${command}`, url), { method: 'POST', signal });
  return Number(await answer.text());
}

function contextOf(
  environment: Environment,
  account: Account,
  clock: Clock,
  startsProcesses: boolean,
): SmokeContext {
  const databases = databasesOf(environment);
  if (databases === undefined) throw new TypeError('The environment needs two databases.');
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = LOCAL_CREDENTIALS;
  const { region } = environment.place;
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
  return {
    environment,
    databases,
    clock,
    aws: { region, endpoints: account.shell, caller: async () => ({ region, credentials }) },
    findings: { startedAt: clock.now(), sent: new Map() },
    runCdk: (command, options, signal) =>
      startsProcesses
        ? runCdk([STUB], [command, account.url, ...options], signal)
        : askAccount(account, command, signal),
    async invoke(place, event) {
      const result = await account.call(databases[place].name, event as Call['event']);
      if ('value' in result) return result.value;
      throw new SmokeError(`The function failed: ${result.error.message}`, 'Read its log.');
    },
  };
}

export interface TrialParts extends Omit<Partial<AccountOptions>, 'environment' | 'run'> {
  readonly environment?: Environment;
  readonly differently?: Differently;
  /** Whether the commands of the CDK are processes. */
  readonly startsProcesses?: boolean;
  /** Whether the deployment is confirmed. */
  readonly isConfirmed?: boolean;
  /** Is called when a step starts; the function that it receives interrupts the trial. */
  readonly onStart?: (name: string, interrupt: () => void) => void;
}

export interface Trial {
  readonly results: readonly StepResult[];
  readonly account: Account;
  readonly context: SmokeContext;
}

/** Runs a trial in an account on loopback. The functions are simulated. */
export async function tryOut({
  environment = resolve(),
  differently,
  startsProcesses = false,
  isConfirmed = true,
  onStart = () => undefined,
  ...options
}: TrialParts = {}): Promise<Trial> {
  await using account = await startAccount({ environment, run: simulate(differently), ...options });
  const clock = createFakeClock();
  const context = contextOf(environment, account, clock, startsProcesses);
  const interrupts = [new AbortController(), new AbortController()] as const;
  const interrupt = (): void => {
    const [first, second] = interrupts;
    if (first.signal.aborted) second.abort();
    else first.abort();
  };
  const results = await runTrial(context, {
    clock,
    interrupt: interrupts[0].signal,
    secondInterrupt: interrupts[1].signal,
    confirm: async () => isConfirmed,
    onStart: ({ name }) => onStart(name, interrupt),
    onResult: () => undefined,
  });
  return { results, account, context };
}

/** Returns the names of the steps with a status. */
export function stepsWith(results: readonly StepResult[], status: StepResult['status']) {
  return results.filter((result) => result.status === status).map(({ name }) => name);
}

export const PREPARATION = ['account', 'unused'];
export const REMOVAL = ['destroy', 'data', 'left-over'];
/** Names of all steps, in their order. */
export const STEPS = [
  ...PREPARATION,
  'deploy',
  'check-outside',
  'check-vpc',
  'send-outside',
  'send-vpc',
  'record',
  'failure',
  'timeout',
  'queue',
  'retry',
  'alarm',
  ...REMOVAL,
];

export function resultOf(results: readonly StepResult[], name: string): StepResult | undefined {
  return results.find((result) => result.name === name);
}

/** Whether a call belongs to the database in a VPC. */
export const isVpc = ({ database }: Call) => database.network !== undefined;
