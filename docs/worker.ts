import { VERSION } from '../lib/product.ts';
import { ANSWER_SCHEMAS, MAX_ANSWER_BYTES } from '../lib/worker/contract/answer.ts';
import { factsSchema } from '../lib/worker/contract/facts.ts';
import { requestSchema, type WorkerRequest } from '../lib/worker/contract/request.ts';
import { VERSIONS } from '../lib/worker/contract/version.ts';
import { aJob, aServer } from '../test/support/timescaledb/facts.ts';
import { failedAnswer, readAnswer, reportOf, TARGET, TICK } from '../test/unit/worker/answers.ts';
import { fieldRows, type JsonSchema, type Part, toJsonSchema } from './schema-tables.ts';

/** Generates the page on the requests and answers of the worker from their schemas. */

/** Stands for the version of this project: the page does not change with a release. */
const SHOWN_VERSION = '1.2.0';

const FACTS = toJsonSchema(factsSchema);
const READ = toJsonSchema(ANSWER_SCHEMAS.read);
const CHANGE = toJsonSchema(ANSWER_SCHEMAS.change);
const ERROR = toJsonSchema(ANSWER_SCHEMAS.error);

/** Parts that are described once. */
const PARTS: readonly Part[] = [
  ['text: the version of this project', { type: 'string', const: VERSION }],
  ['[facts](#facts)', FACTS],
  ['interval', intervalIn(FACTS)],
];
/** Parts that an answer to an error shares with the others. */
const SHARED_PARTS: readonly Part[] = [
  ['[change](#of-a-change)', CHANGE.properties?.['change'] ?? {}],
  ['[events](#of-a-reading-or-a-check)', READ.properties?.['events'] ?? {}],
];

function intervalIn({ properties = {} }: JsonSchema): JsonSchema {
  return properties['jobs']?.items?.properties?.['scheduleInterval']?.anyOf?.[0] ?? {};
}

const VERSION_MEANINGS = {
  version: 'version of the contract',
  productVersion: 'of the function that sends it',
};

const REQUEST_MEANINGS: Readonly<Record<string, string>> = {
  ...VERSION_MEANINGS,
  target:
    'the settings of the target that a reading needs, as in [`TARGET`](environment.md#variables-of-the-functions), with all defaults',
  'target.name': 'name of the target in log lines',
  'target.environment': 'name of the environment',
  'target.tls': 'how the connection is encrypted',
  'target.tls.mode': 'what of the certificate is verified',
  'target.tls.caFile': "file with certificate authorities in the worker's code",
  'target.tls.serverName': "name in the server's certificate",
  'target.levelWhenUnset': 'level of a server built without telemetry',
  'target.reportSource': 'what builds the report',
  'target.sizes': 'how sizes are measured',
  'target.tickHours': 'hours between two ticks',
  credentials: 'place of the database, and the login from the secret',
  'credentials.host': 'name, address, or folder of a Unix socket',
  'credentials.port': 'TCP port',
  'credentials.user': 'role that logs in',
  'credentials.password': 'its password',
  'credentials.database': 'name of the database',
  'credentials.ca': 'certificate authorities of the secret, in PEM',
  operation: 'what to do',
  'operation.kind':
    '`read` a snapshot; the same for a `check`, with its steps; `change` for `configure`',
  'operation.time': "the tick's nominal time, in milliseconds since 1970",
  'operation.retriedAt': 'time of a retry, in milliseconds since 1970',
  'operation.report':
    'when to build a report: `when-due` needs consent and a due tick, `when-consented` only consent; `always` is for a preview, which is never sent',
  'operation.isUntracked': '`DO_NOT_TRACK` of the caller denies consent',
  'operation.reserveMs': "milliseconds of the run's time that are reserved for sending",
  'operation.change': 'the parsed event of [`configure`](consent.md#the-function-configure)',
  'operation.change.action': 'turn telemetry on or off',
  'operation.change.scope': 'where the level is set',
  'operation.change.scope.kind': 'for the server, the database, or a role',
  'operation.change.scope.role': 'name of the role',
  'operation.change.scope.inDatabase': 'name of the database in which it applies to the role',
  'operation.change.level': 'the level to set; `reset` removes the setting',
  'operation.change.job': 'what happens to the telemetry job',
  'operation.change.scheduleInterval': 'new interval of the telemetry job',
  'operation.change.dryRun': 'plan the change, and apply nothing',
  spentMs: "milliseconds of the run before the request. The job's `max_runtime` includes them.",
  limitMs: "milliseconds that the worker may take, also at most its function's timeout",
};

const ANSWER_MEANINGS: Readonly<Record<string, string>> = {
  ...VERSION_MEANINGS,
  kind: 'of the answer: `read` for a reading or a check, `error` for an operation that failed',
  durationMs: 'milliseconds of the phases that have run',
  'durationMs.connection': 'connecting and logging in',
  'durationMs.database': 'reading the snapshot',
  'durationMs.change': 'reading, planning and applying a change',
  'durationMs.total': 'of the operation',
};

const READ_MEANINGS: Readonly<Record<string, string>> = {
  facts: 'state of the server',
  consent: "the worker's decision, with `level` and `rule` as in [Consent](consent.md#the-rules)",
  'consent.granted': 'whether a report may be sent',
  'consent.level': 'the level that applies',
  'consent.rule': 'the rule that decided',
  due: 'the schedule of the telemetry job',
  'due.isDue': 'whether the tick is due',
  report: 'null if the request, the consent or the schedule excludes it',
  'report.text': 'the exact text that is sent',
  'report.sha256': 'SHA-256 of the text in UTF-8',
  'report.bytes': 'size of the text in UTF-8, in bytes',
  'report.source': 'what built it',
  'report.estimatedRelations': 'number of relations whose size was estimated',
  'report.fallback': 'why plain SQL built the report, though the function was requested',
  events: 'steps of a check, in their order',
  'events[].ms': 'milliseconds from the start of the operation',
  'events[].type': 'the step that was completed',
  'events[].host': 'with `connection-started`: the kind of the host',
  'events[].tls': 'with `tls-established`',
  'events[].tls.protocol': 'version of TLS',
  'events[].tls.certificateValidTo': "end of the certificate's validity",
};

const CHANGE_MEANINGS: Readonly<Record<string, string>> = {
  change: 'the parts of the change that are known',
  'change.facts': 'before the change',
  'change.plan': 'what has to be done',
  'change.plan.statements': 'in the order in which they run',
  'change.plan.statements[].sql':
    'text of the statement, with names. It is in the result of `configure`, never in a log line.',
  'change.plan.statements[].title': 'the statement without names',
  'change.plan.notes': 'on the plan',
  'change.applyNotes':
    'on statements that failed after the change was applied. Absent after a dry run.',
  'change.factsAfter': 'after the change. Absent after a dry run.',
};

const ERROR_MEANINGS: Readonly<Record<string, string>> = {
  error: 'why the operation failed',
  'error.code': '[error code](log-and-metrics.md#error-codes)',
  'error.origin': 'a SQLSTATE, or the name of an error of Node',
  'error.retryable': 'as the code says',
  'error.message': 'what happened',
  'error.remedy': 'what to do',
  facts: 'of a reading: what was known before the error',
  change: 'the parts that were known before the error',
  events: 'of a check, before the error',
};

const FACTS_MEANINGS: Readonly<Record<string, string>> = {
  postgresqlVersion: 'version of the server',
  standby: 'the server is a standby',
  installedVersion: 'version of TimescaleDB in the database',
  availableVersion: "default version on the server's disk",
  availableVersions: "all versions on the server's disk",
  isTemplate1: 'the database is `template1`',
  builtWithTelemetry: 'TimescaleDB was built with telemetry',
  restoring: '`timescaledb.restoring` is on',
  level: '`timescaledb.telemetry_level`, with the texts of the server',
  'level.session': 'of the session; null if unset',
  'level.source': '`pg_settings.source`',
  'level.reset': '`pg_settings.reset_val`',
  'level.stored': 'rows of `pg_db_role_setting`',
  'level.stored[].place': 'kind of the row',
  'level.stored[].holder': 'kind of the role',
  'level.stored[].value': 'the level',
  'level.configured': 'in the configuration files',
  jobs: 'rows of the telemetry job',
  'jobs[].id': 'of the job',
  'jobs[].scheduled': 'the job is not paused',
  'jobs[].scheduleInterval': 'null if infinite',
  'jobs[].maxRuntime': 'null if infinite',
  'jobs[].maxRetries': '-1 for no limit',
  'jobs[].retryPeriod': 'null if infinite',
  'jobs[].initialStart': 'ISO 8601, or infinite as PostgreSQL writes it',
  'jobs[].timezone': 'name of a time zone',
  'jobs[].nextStart': 'if in the future; ISO 8601, or infinite',
  'jobs[].lastRun': 'last start or end; ISO 8601, or `-infinity`',
  jobHealth: '[failing jobs](log-and-metrics.md#failing-jobs)',
  'jobHealth.scheduled': 'number of jobs that run',
  'jobHealth.failing': 'number of those that fail',
  'jobHealth.oldestFailure': 'ISO 8601',
  metadataKeys: 'those of `uuid`, `exported_uuid` and `install_timestamp` that exist',
  installedAt: 'time of CREATE EXTENSION; ISO 8601',
};

/** Returns a table of fields; throws if a field has no meaning, or a meaning no field. */
function table(
  schema: JsonSchema,
  meanings: Readonly<Record<string, string>>,
  isShown: (path: string) => boolean = () => true,
  sharedParts: readonly Part[] = [],
): string {
  const parts = [...PARTS, ...sharedParts].filter(([, part]) => part !== schema);
  const rows = fieldRows(schema, parts).filter(({ path }) => isShown(path));
  const paths = rows.map(({ path }) => path);
  const wrong = [
    ...paths.filter((path) => !Object.hasOwn(meanings, path)),
    ...Object.keys(meanings).filter((path) => !paths.includes(path)),
  ];
  if (wrong.length > 0) throw new TypeError(`Describe exactly the fields: ${wrong.join(', ')}.`);
  const lines = rows.map(({ path, type }) =>
    [`\`${path}\``, type, meanings[path] ?? '']
      .map((text) => text.replaceAll('|', '\\|'))
      .join(' | '),
  );
  return [
    '| field | type | meaning |',
    '|---|---|---|',
    ...lines.map((line) => `| ${line} |`),
  ].join('\n');
}

function isCommon(path: string): boolean {
  return Object.hasOwn(ANSWER_MEANINGS, path);
}

const { secretId: _, ...TARGET_OF_REQUEST } = TARGET;

const REQUEST: WorkerRequest = {
  ...VERSIONS,
  target: TARGET_OF_REQUEST,
  credentials: {
    host: 'orders.internal.example.com',
    port: 5432,
    user: 'telemetry_reporter',
    password: '…',
    database: 'orders',
  },
  operation: {
    kind: 'read',
    time: Date.parse(TICK),
    report: 'when-due',
    isUntracked: false,
    reserveMs: 15_000,
  },
  spentMs: 41,
  limitMs: 93_459,
};

/** Formats an example, with short objects on one line. */
function example(value: object): string {
  const text = JSON.stringify({ ...value, productVersion: SHOWN_VERSION }, null, 2);
  const short = text.replaceAll(
    /\{\n\s+([^{}]{1,200}?)\n\s+\}/g,
    (_match, inside: string) => `{ ${inside.replaceAll(/\n\s+/g, ' ')} }`,
  );
  return ['```json', short, '```'].join('\n');
}

/** Returns docs/worker.md. */
export async function workerPage(): Promise<string> {
  const facts = aServer({
    installedVersion: '2.28.3',
    availableVersion: '2.28.5',
    availableVersions: ['2.28.3', '2.28.5'],
    jobs: [aJob({ lastRun: '2026-11-21T22:40:01+00:00' })],
  });
  const report = reportOf('{"db_uuid": "5f6f5c4e-…", "…": "…"}');
  return `<!-- Generated by \`npm run docs\` from lib/worker/contract/; a test fails if it is stale. -->

# Requests and answers of the worker

In a [network without egress](networks.md#vpc-without-egress), \`send-report\`, \`get-report\` and \`configure\` reach the database through
\`database-worker\`. This page is the contract between these functions. You need it only to audit them, or to invoke a worker from code of
your own. [Security](security.md#two-functions-in-place-of-one) explains what each of them can and cannot do, and
[a decision](decisions/one-function-invokes-another.md) why one function invokes another.

The caller invokes the worker synchronously (\`InvocationType: RequestResponse\`), with the request as the event, once for each run. After a
refused login it reads the secret again, and invokes the worker once more. Requests and answers have no other fields than these. Texts
are counted in UTF-16 units. An answer has at most ${MAX_ANSWER_BYTES.toLocaleString('en-US')} bytes.

## A request

${table(toJsonSchema(requestSchema), REQUEST_MEANINGS)}

A request of \`send-report\`:

${example(REQUEST)}

The worker refuses an event that is no request with \`EVENT_INVALID\`, as an error of the function. The message names the fields, and never
their values.

## An answer

Each answer has these fields:

${table({ anyOf: [READ, CHANGE, ERROR] }, ANSWER_MEANINGS, isCommon, SHARED_PARTS)}

### Of a reading or a check

${table(READ, READ_MEANINGS, (path) => !isCommon(path))}

The answer to the request above, with a shortened report:

${example({ ...(await readAnswer(facts)), report })}

### Of a change

${table(CHANGE, CHANGE_MEANINGS, (path) => !isCommon(path))}

### An error

An operation that fails has an answer, too. The function itself succeeds.

${table(ERROR, ERROR_MEANINGS, (path) => !isCommon(path), SHARED_PARTS)}

${example(failedAnswer())}

### Facts

The state of the server in one snapshot. An *interval* has the numbers \`months\`, \`days\` and \`microseconds\`.

${table(FACTS, FACTS_MEANINGS)}

## What the caller verifies

The caller trusts no part of an answer. It fails with \`WORKER_ANSWER_INVALID\`, and sends nothing, if

- the answer is too large, is not JSON, or does not have the form above. The error names the field, and never its value;
- \`error.retryable\` is not that of \`error.code\`;
- the facts lead the caller to another consent or another schedule than the answer has;
- there is a report without a request, or none though one was requested;
- \`report.sha256\` or \`report.bytes\` is not that of \`report.text\`;
- the report has a field that is not [published](report-fields.md) for the installed version;
- the report has another source than the target, without a \`fallback\`; without consent, another than plain SQL;
- a check or a change lacks a part that it must have.

Texts of errors, titles and notes have printable characters only, because the caller repeats them in its log line. The caller schedules
retries; the worker schedules none.

## Versions

Both functions are of one deployment. \`version\` is raised with an incompatible change of the contract, and \`productVersion\` with each
release. A worker answers a request of another version with its own two versions alone, and connects to nothing. The caller then fails with
\`WORKER_VERSION\`, as it does for an answer of another version, and the run is retried. This can happen during a deployment.

## What is never in them

- A request has no name, ARN or version of the secret, no endpoint, and no AWS credentials.
- An answer has no credentials, and no text of PostgreSQL's errors. Names of roles and databases are only in the statements of a change.
- The worker's log line has \`environment\`, \`database\` and \`operation.kind\` of the request, and no part of the report or of the statements.
`;
}
