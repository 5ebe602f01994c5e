import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { expect, inject } from 'vitest';
import { performRun, type RunOptions } from '../../../cli/commands/run.ts';
import { adaptWording } from '../../../cli/run/wording.ts';
import { ANSWERS, type Invocation, LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { RETRYABLE_BY_CODE } from '../../../lib/errors.ts';
import { type Fault, warningText } from '../../faults/rows/fault.ts';
import { startScheduler } from '../aws/scheduler.ts';
import { runCommand } from '../process/commands.ts';
import type { Json } from '../timescaledb/reports.ts';
import {
  ENOUGH_MS,
  environmentFor,
  expectArrived,
  expectNoSecretLogged,
  expectNothingLeft,
  patternOf,
  RESERVES_MS,
} from './fault-checks.ts';
import type { Arrange, Faulty } from './faults.ts';
import { secretFor, startWorld } from './world.ts';

type Variables = Readonly<Record<string, string>>;

/** The output and the exit status of the command. */
interface Ended {
  readonly lines: readonly string[];
  readonly status: number;
}

/** Writes a target file with the settings of a function. */
async function writeTarget({ TARGET, DELIVERY, RECORD }: Variables): Promise<string> {
  const file = join(await mkdtemp(join(inject('folder'), 'target-')), 'target.json');
  const parse = (text: string | undefined): Json => JSON.parse(text ?? '{}');
  const content = {
    ...parse(TARGET),
    delivery: parse(DELIVERY),
    ...(RECORD !== undefined && { record: parse(RECORD) }),
  };
  await writeFile(file, JSON.stringify(content));
  return file;
}

/** Sets variables that the AWS SDK reads from this process. */
function setVariables(variables: Variables): () => void {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}

/** Trusts the authorities of NODE_EXTRA_CA_CERTS, which Node reads at its start, in this process. */
async function trust({ NODE_EXTRA_CA_CERTS: file = '' }: Variables): Promise<() => void> {
  if (file === '') return () => undefined;
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, await readFile(file, 'utf8')]);
  return () => setDefaultCACertificates(before);
}

/** Runs the command in this process, which saves the start of another one. */
async function runHere(options: RunOptions, variables: Variables): Promise<Ended> {
  const ofAws = Object.entries(variables).filter(([name]) => name.startsWith('AWS_'));
  const restore = [setVariables(Object.fromEntries(ofAws)), await trust(variables)];
  const written: string[] = [];
  const machine = {
    environment: variables,
    user: undefined,
    exists: () => false,
    readFile: () => '',
  };
  try {
    const status = await performRun(options, { machine, write: (text) => void written.push(text) });
    return { lines: written.join('').trimEnd().split('\n'), status };
  } finally {
    for (const undo of restore) undo();
    ANSWERS.publish(written.join(''));
  }
}

async function runElsewhere(
  { file, scheduledTime = '', limitMs }: RunOptions,
  variables: Variables,
  preload: readonly string[],
): Promise<Ended> {
  const options = ['--target', file, '--scheduled-time', scheduledTime];
  const { stdout, stderr, code } = await runCommand(
    'run',
    [...options, '--time-limit', String(Math.ceil(limitMs / 1_000))],
    { ...variables, NODE_OPTIONS: preload.map((module) => `--import=${module}`).join(' ') },
  );
  expect(stderr).toBe('');
  return { lines: stdout.trimEnd().split('\n'), status: code };
}

/** Whether Node reads the deviation of a fault only at its start. */
function needsProcess({ preload = [] }: Faulty, { NODE_USE_ENV_PROXY = '' }: Variables): boolean {
  return preload.length > 0 || NODE_USE_ENV_PROXY !== '';
}

/** Returns the exit status by which a scheduler decides about a retry. */
function expectedStatus({ outcome, expected: { code } }: Fault): number {
  if (outcome !== 'failed') return 0;
  if (code === 'CONFIG_INVALID') return 2;
  return code !== undefined && RETRYABLE_BY_CODE[code] ? 75 : 1;
}

/** Expects one line with the message of the fault, in the words of the command, and the status. */
function expectEnd(fault: Fault, { lines, status }: Ended, file: string): void {
  const { outcome, expected, origin } = fault;
  const warning = warningText(fault);
  const { message, remedy, warnings } = adaptWording(
    {
      ...{ outcome: 'failed', severity: 'ERROR', durationMs: {} },
      message: expected.message,
      ...(expected.remedy !== undefined && { remedy: expected.remedy }),
      ...(warning !== undefined && { warnings: [warning] }),
    },
    { credentials: 'secret', hasRecordFolder: false, file },
  );
  expect(lines, 'exactly one line').toHaveLength(1);
  const line: Json = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({
    outcome,
    message: expect.stringMatching(patternOf(message)),
    ...(remedy !== undefined && { remedy }),
    ...(warnings !== undefined && { warnings }),
  });
  expect(status).toBe(expectedStatus(fault));
  if (outcome !== 'failed') return;
  expect(line).toMatchObject({
    level: 'ERROR',
    error: { code: expected.code, ...(origin !== undefined && { origin }) },
  });
  if (origin === undefined) expect(line['error']).not.toHaveProperty('origin');
}

/** Returns the end of the command as that of an invocation, for the assertions of a fault. */
function toInvocation({ lines, status }: Ended): Invocation {
  return {
    value: JSON.parse(lines.at(-1) ?? ''),
    requestId: '',
    tookMs: 0,
    maxMemoryBytes: undefined,
    log: lines,
    runtimeLog: [],
    exitCode: status,
  };
}

/** Expects of the command `run` what a fault specifies: line, exit status, reports that arrived, and nothing left behind. */
export async function expectFaultOfCommand(fault: Fault, arrange: Arrange): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { database, world: options = {}, ...faulty } = await arrange(stack);
  const secret = database === undefined ? {} : { secret: secretFor(database) };
  const world = stack.use(await startWorld({ ...secret, ...options }));
  const scheduler = stack.use(await startScheduler());
  const { timeoutMs = ENOUGH_MS + RESERVES_MS, target } = faulty;
  const environment = environmentFor(faulty, world);
  const variables = {
    ...LOCAL_CREDENTIALS,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url,
    ...world.environment({ target, environment }),
  };
  const run: RunOptions = {
    file: await writeTarget(variables),
    scheduledTime: `${new Date().toISOString().slice(0, 19)}Z`,
    ignoreSchedule: false,
    limitMs: timeoutMs - RESERVES_MS,
    debug: false,
  };
  const once = (): Promise<Ended> =>
    needsProcess(faulty, variables)
      ? runElsewhere(run, variables, faulty.preload ?? [])
      : runHere(run, variables);

  const ended = await once();

  expectNoSecretLogged(ended.lines, database, faulty.secrets ?? []);
  expectEnd(fault, ended, run.file);
  expectArrived(fault, world);
  if (database !== undefined) await expectNothingLeft(database, faulty.pooled === true);
  await faulty.after?.({
    invocations: [toInvocation(ended)],
    invokeAgain: async () => toInvocation(await once()),
    world,
    scheduler,
  });
}
