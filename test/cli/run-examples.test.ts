import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';
import { EXIT } from '../../cli/command.ts';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
  type TelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { type Ended, PROGRAM, runCommand } from '../support/process/commands.ts';
import { readOwn } from '../support/repo/pages.ts';
import { secretFor } from '../support/run/world.ts';
import type { Json } from '../support/timescaledb/reports.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase({ release: '2.28.3', level: 'basic', label: 'example' });
});
afterAll(() => database[Symbol.asyncDispose]());

const TICK_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
/** The longest delivery, and the record. */
const LONGEST_AFTER_SIGTERM_S = 23;

/** The statuses after which a retry does not help. */
const FINAL = [EXIT.failed, EXIT.usage];

/** Replaces the database and the endpoint of an example by those of the tests. */
function onLoopback(target: Json, { url }: Pick<TelemetryEndpoint, 'url'>): Json {
  return {
    ...target,
    host: '127.0.0.1',
    port: database.port,
    database: database.name,
    tls: { mode: 'disable' },
    delivery: { endpoint: url + ENDPOINT_PATH },
  };
}

/** Writes the files of a machine below a new folder, by their absolute paths; returns the folder. */
async function createMachine(
  files: Readonly<Record<string, { readonly text: string; readonly mode: number }>>,
): Promise<string> {
  const root = await mkdtemp(join(inject('folder'), 'machine-'));
  for (const [path, { text, mode }] of Object.entries(files)) {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, mode);
  }
  return root;
}

/** Puts the absolute paths of an example below the folder of its machine. */
function below(root: string, text: string): string {
  return text.replaceAll(/(?<![\w.])\/(?=(etc|run)\/)/g, `${root}/`);
}

function startEndpoint(...statuses: readonly number[]): Promise<TelemetryEndpoint> {
  const left = [...statuses];
  return startTelemetryEndpoint((response) => {
    const status = left.shift();
    if (status === undefined) answerWithVersion('2.30.1')(response);
    else response.writeHead(status).end();
  });
}

function outcomesOf({ stdout }: Pick<Ended, 'stdout'>): unknown[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line): Json => JSON.parse(line)['outcome']);
}

describe('examples/kubernetes/cronjob.yaml', () => {
  const mountsSchema = z.array(z.object({ name: z.string(), mountPath: z.string() }));
  const cronJobSchema = z.object({
    kind: z.literal('CronJob'),
    spec: z.object({
      schedule: z.string(),
      timeZone: z.string(),
      startingDeadlineSeconds: z.number(),
      concurrencyPolicy: z.string(),
      jobTemplate: z.object({
        spec: z.object({
          backoffLimit: z.number(),
          podFailurePolicy: z.unknown(),
          template: z.object({
            spec: z.object({
              restartPolicy: z.string(),
              activeDeadlineSeconds: z.number(),
              terminationGracePeriodSeconds: z.number(),
              automountServiceAccountToken: z.boolean(),
              securityContext: z.record(z.string(), z.unknown()),
              containers: z.tuple([
                z.object({
                  name: z.string(),
                  args: z.array(z.string()),
                  resources: z.unknown(),
                  securityContext: z.unknown(),
                  volumeMounts: mountsSchema,
                }),
              ]),
              volumes: z.tuple([
                z.object({ name: z.string(), configMap: z.object({ name: z.string() }) }),
                z.object({
                  name: z.string(),
                  secret: z.object({ secretName: z.string(), defaultMode: z.number() }),
                }),
              ]),
            }),
          }),
        }),
      }),
    }),
  });
  const configMapSchema = z.object({
    kind: z.literal('ConfigMap'),
    metadata: z.object({ name: z.string() }),
    data: z.object({ 'target.json': z.string() }),
  });
  // As Kubernetes reads it: in YAML 1.1, 0440 is octal.
  const documents = parseAllDocuments(readOwn('examples/kubernetes/cronjob.yaml'), {
    version: '1.1',
  });
  const configMap = configMapSchema.parse(documents[0]?.toJS());
  const { spec } = cronJobSchema.parse(documents[1]?.toJS());
  const { spec: job } = spec.jobTemplate;
  const { spec: pod } = job.template;
  const [container] = pod.containers;
  const [config, secret] = pod.volumes;
  const target: Json = JSON.parse(configMap.data['target.json']);

  test('is YAML without errors', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(documents).toHaveLength(2);
  });

  test('runs once in each tick, and never overlaps', () => {
    expect(spec).toMatchObject({ timeZone: 'Etc/UTC', concurrencyPolicy: 'Forbid' });
    expect(target['tickHours']).toBe(24);
    const [, minute, hour] = /^(\d+) (\d+) \* \* \*$/.exec(spec.schedule) ?? [];
    const start = (Number(hour) * 60 + Number(minute)) * 60_000;
    expect(start).toBeGreaterThan(HOUR_MS);
    expect(start + spec.startingDeadlineSeconds * 1_000).toBeLessThan(TICK_MS - HOUR_MS);
  });

  test('retries only the status that asks for it', () => {
    expect(job.podFailurePolicy).toEqual({
      rules: [
        { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] },
        {
          action: 'FailJob',
          onExitCodes: { containerName: container.name, operator: 'In', values: FINAL },
        },
      ],
    });
    expect(job.backoffLimit).toBeGreaterThan(0);
    // Kubernetes allows a policy for failed pods only with this.
    expect(pod.restartPolicy).toBe('Never');
  });

  test('gives a run more time than it takes, also after SIGTERM', () => {
    const limit = Number(container.args[container.args.indexOf('--time-limit') + 1]);
    expect(pod.activeDeadlineSeconds).toBeGreaterThan(limit);
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(LONGEST_AFTER_SIGTERM_S);
  });

  test('has no more rights than it needs', () => {
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      },
      resources: { requests: { memory: '128Mi' }, limits: { memory: '256Mi' } },
    });
  });

  test('sends a report with its command, its files and their modes', async () => {
    await using endpoint = await startEndpoint();
    expect([config.configMap.name, secret.secret.secretName]).toEqual([
      configMap.metadata.name,
      configMap.metadata.name,
    ]);
    const folderOf = (name: string): string =>
      container.volumeMounts.find((mount) => mount.name === name)?.mountPath ?? '';
    // Files of a volume belong to root.
    const mode = process.getuid?.() === 0 ? secret.secret.defaultMode : 0o400;
    const root = await createMachine({
      [join(folderOf(secret.name), 'credentials')]: { text: secretFor(database), mode },
    });
    const file = join(root, folderOf(config.name), 'target.json');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, below(root, JSON.stringify(onLoopback(target, endpoint))));
    const [command = '', ...args] = container.args.map((arg) => below(root, arg));
    const ended = await runCommand(command, args);
    expect(ended).toMatchObject({ stderr: '', code: EXIT.done });
    expect(outcomesOf(ended)).toEqual(['sent']);
    expect(endpoint.reports).toHaveLength(1);
  });

  describe('the Dockerfile beside it', () => {
    const dockerfile = readOwn('examples/kubernetes/Dockerfile');
    const manifest = z
      .object({ name: z.string(), devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(readOwn('package.json')));

    test('has the version of Node.js of the tests, and a version of the package', () => {
      expect(dockerfile).toMatch(
        new RegExp(`^FROM node:${manifest.devDependencies.node.replaceAll('.', '\\.')}-slim$`, 'm'),
      );
      expect(dockerfile).toContain(`"${manifest.name}@\${VERSION:?`);
    });

    test('has the user of the pod, and the program as entry point', () => {
      const { runAsUser, runAsGroup } = pod.securityContext;
      expect(dockerfile).toMatch(new RegExp(`^USER ${runAsUser}:${runAsGroup}$`, 'm'));
      expect(dockerfile).toMatch(new RegExp(`^ENTRYPOINT \\["${manifest.name}"\\]$`, 'm'));
    });
  });
});

/** Parses a unit of systemd into `Section.Key`; none of ours repeats a key. */
function parseUnit(text: string): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    const [, heading] = /^\[(\w+)\]$/.exec(line) ?? [];
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (heading !== undefined) section = heading;
    else if (key !== undefined) settings.set(`${section}.${key}`, value ?? '');
    else if (line !== '' && !line.startsWith('#')) throw new TypeError(`Not a setting: ${line}`);
  }
  return settings;
}

describe('examples/systemd/', () => {
  const INSTANCE = 'metrics';
  const unit = (name: string) =>
    parseUnit(readOwn(`examples/systemd/${name}`).replaceAll('%i', INSTANCE));
  const service = unit('timescaledb-telemetry@.service');
  const timer = unit('timescaledb-telemetry@.timer');
  const [, path = ''] =
    /"credentialsFile": "([^"]+)"/.exec(
      readOwn('docs/outside-lambda.md').split('## systemd')[1] ?? '',
    ) ?? [];

  test('the timer starts one run in each tick', () => {
    expect(timer.get('Timer.OnCalendar')).toMatch(/^\*-\*-\* (0[1-9]|1\d|2[0-2]):\d\d:\d\d UTC$/);
    expect(timer.get('Timer.Persistent')).toBe('false');
  });

  test('the service retries only the status that asks for it, and has more time than a run', () => {
    expect(service.get('Service.Restart')).toBe('on-failure');
    expect(service.get('Service.RestartPreventExitStatus')).toBe(FINAL.join(' '));
    expect(service.get('Service.ExecStart')).toMatch(/ --time-limit 120$/);
    expect(service.get('Service.TimeoutStartSec')).toBe('5min');
  });

  test('the service sends a report with its command and its credential', async () => {
    await using endpoint = await startEndpoint();
    const [name = ''] = service.get('Service.LoadCredential')?.split(':') ?? [];
    expect(path).toBe(`/run/credentials/timescaledb-telemetry@${INSTANCE}.service/${name}`);
    const [program, command = '', ...args] = service.get('Service.ExecStart')?.split(' ') ?? [];
    expect(program).toBe('/usr/local/bin/timescaledb-telemetry');
    const root = await createMachine({ [path]: { text: secretFor(database), mode: 0o400 } });
    const file = join(root, `etc/timescaledb-telemetry/${INSTANCE}.json`);
    await mkdir(dirname(file), { recursive: true });
    const target = { name: INSTANCE, environment: 'prod', credentialsFile: path };
    await writeFile(file, below(root, JSON.stringify(onLoopback(target, endpoint))));
    const ended = await runCommand(
      command,
      args.map((arg) => below(root, arg)),
    );
    expect(ended).toMatchObject({ stderr: '', code: EXIT.done });
    expect(endpoint.reports).toHaveLength(1);
  });

  describe('the crontab', () => {
    const line = readOwn('examples/systemd/crontab').trimEnd().split('\n').at(-1) ?? '';
    const [, time, shell = ''] = /^((?:\S+ ){5})telemetry (.*)$/.exec(line) ?? [];

    /** Executes the command of the line in a shell, without the wait before the retry. */
    async function runLine(target: Json, endpoint: TelemetryEndpoint): Promise<Ended> {
      const root = await createMachine({
        '/etc/timescaledb-telemetry/metrics.credentials': {
          text: secretFor(database),
          mode: 0o600,
        },
      });
      const folder = join(root, 'etc/timescaledb-telemetry');
      const content = {
        ...onLoopback({ name: 'metrics', environment: 'prod' }, endpoint),
        ...target,
      };
      await writeFile(join(folder, 'metrics.json'), JSON.stringify(content));
      expect(shell).toContain('sleep 1200');
      const script = below(root, shell)
        .replaceAll('/usr/local/bin/timescaledb-telemetry', `'${process.execPath}' '${PROGRAM}'`)
        .replace('sleep 1200', 'true');
      return new Promise((resolve) => {
        const child = execFile('sh', ['-c', script], { env: {} }, (_error, stdout, stderr) =>
          resolve({ stdout, stderr, code: child.exitCode ?? -1 }),
        );
      });
    }

    const CREDENTIALS = { credentialsFile: 'metrics.credentials' };

    test('has a time', () => expect(time).toMatch(/^\d+ \d+ \* \* \* $/));

    test.each<[string, readonly number[], Json, readonly unknown[], number]>([
      ['sends once', [], CREDENTIALS, ['sent'], 0],
      ['retries once after the status 75', [503], CREDENTIALS, ['failed', 'sent'], 0],
      ['retries only once', [503, 503, 503], CREDENTIALS, ['failed', 'failed'], 75],
      ['does not retry after another failure', [], { credentialsFile: 'none' }, ['failed'], 1],
    ])('%s', async (_title, statuses, target, outcomes, status) => {
      await using endpoint = await startEndpoint(...statuses);
      const ended = await runLine(target, endpoint);
      expect(ended.stderr).toBe('');
      expect(outcomesOf(ended)).toEqual(outcomes);
      expect(ended.code).toBe(status);
    });
  });
});

test('docs/outside-lambda.md has every status of the command', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/outside-lambda.md'), 'utf8');
  const statuses = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status));
  expect(statuses).toEqual([EXIT.done, EXIT.failed, EXIT.usage, EXIT.temporary]);
});
