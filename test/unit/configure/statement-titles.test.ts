import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, Scope } from '../../../lib/configure/event.ts';
import { JOB_ACTIONS } from '../../../lib/configure/event.ts';
import { allStatements, planChange } from '../../../lib/configure/plan.ts';
import type { PlanInput } from '../../../lib/configure/statement.ts';
import { RunError } from '../../../lib/errors.ts';
import { aJob, aServer } from '../../support/timescaledb/facts.ts';
import { createServerInfo } from '../../support/timescaledb/server-info.ts';

/** All names that a plan takes from the server or from the event. */
interface Names {
  readonly owner: string;
  readonly role: string;
  readonly database: string;
  readonly extensionSchema: string;
}

const NEUTRAL: Names = { owner: 'o', role: 'r', database: 'd', extensionSchema: 's' };

/** Names that are part of the statements themselves, and names that `String.replace` treats specially. */
const HOSTILE = [
  ...['Telemetry Reporter', 'Telemetry Reporter [1]', '1', '', ' ', 'policy_telemetry', 'true'],
  ...['ALTER', 'SET', '100s', '$&', '$`', "$'", '$1', '\\', "'", '"', '<the role>', 'public'],
];
const aName = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'grapheme', maxLength: 63 }));
const someNames: fc.Arbitrary<Names> = fc.record({
  owner: aName,
  role: aName,
  database: aName,
  extensionSchema: aName,
});

/** The properties of a server and an event that determine the statements of a plan. */
const someCase = fc.record({
  release: fc.constantFrom('1.7.5', '2.8.1', '2.10.3', '2.23.0', '2.28.3'),
  scope: fc.constantFrom('instance', 'database', 'role', 'role in database'),
  action: fc.constantFrom('enable', 'disable'),
  job: fc.constantFrom(undefined, ...JOB_ACTIONS),
  jobs: fc.constantFrom([], [aJob()], [aJob({ scheduled: false })]),
  license: fc.constantFrom('apache', 'timescale'),
  isSuperuser: fc.boolean(),
  scheduleInterval: fc.constantFrom(undefined, '12 hours'),
});
type Case = typeof someCase extends fc.Arbitrary<infer Value> ? Value : never;

const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
const literal = (name: string) => `'${name.replaceAll("'", "''")}'`;

function scopeOf({ scope }: Case, { role, database }: Names): Scope {
  if (scope === 'instance' || scope === 'database') return { kind: scope };
  return { kind: 'role', role, ...(scope === 'role in database' && { inDatabase: database }) };
}

function inputOf(one: Case, names: Names): PlanInput {
  const { owner, role, database, extensionSchema } = names;
  const change: Change = {
    action: one.action,
    scope: scopeOf(one, names),
    level: one.action === 'enable' ? 'basic' : 'off',
    job: one.job,
    scheduleInterval: one.scheduleInterval,
    dryRun: false,
  };
  const isFor = (...scopes: readonly string[]) => scopes.includes(one.scope);
  return {
    change,
    server: createServerInfo(one.release, {
      memberFunctions: ['alter_job', 'delete_job'].map((name) => ({
        schema: extensionSchema,
        name,
        call: `${identifier(extensionSchema)}.${name}`,
        arguments: 1,
        callable: true,
      })),
    }),
    facts: aServer({ jobs: one.jobs }),
    serverContext: {
      database: identifier(database),
      isTemplate: false,
      isSuperuser: one.isSuperuser,
      levelIsRegistered: true,
      license: one.license,
      extensionOwner: literal(owner),
      role: isFor('role', 'role in database') ? identifier(role) : undefined,
      inDatabase: isFor('role in database') ? identifier(database) : undefined,
      scheduleInterval: one.scheduleInterval && literal(one.scheduleInterval),
    },
  };
}

/** Returns the texts of a plan that reach logs and errors; undefined when the release does not support the event. */
function loggedOf(input: PlanInput) {
  try {
    const plan = planChange(input);
    const { notes } = plan;
    const statements = allStatements(plan);
    return { titles: statements.map(({ title, grant }) => ({ title, grant })), notes };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return undefined;
  }
}

function statementsOf(input: PlanInput): readonly string[] {
  return allStatements(planChange(input)).map(({ sql }) => sql);
}

test('keeps titles and notes independent of the names on the server', () => {
  fc.assert(
    fc.property(someCase, someNames, (one, names) => {
      const logged = loggedOf(inputOf(one, names));
      expect(logged).toStrictEqual(loggedOf(inputOf(one, NEUTRAL)));
    }),
    { numRuns: 1_000 },
  );
});

const ADD_JOB: Case = {
  release: '2.28.3',
  scope: 'database',
  action: 'enable',
  job: 'add',
  jobs: [],
  license: 'timescale',
  isSuperuser: false,
  scheduleInterval: undefined,
};

test.each(HOSTILE)('puts an owner named %j into the statement and not into its title', (owner) => {
  const input = inputOf(ADD_JOB, { ...NEUTRAL, owner });
  expect(statementsOf(input).at(-1)).toContain(`'policy_telemetry', ${literal(owner)}, true`);
  expect(loggedOf(input)?.titles.at(-1)?.title).toBe(
    "INSERT INTO _timescaledb_catalog.bgw_job (id, application_name, schedule_interval, max_runtime, max_retries, retry_period, proc_schema, proc_name, owner, scheduled, fixed_schedule) VALUES (1, 'Telemetry Reporter [1]', '24h', '100s', -1, '1h', '_timescaledb_functions', 'policy_telemetry', <the extension's owner>, true, false)",
  );
});

test('puts the names into the statements', () => {
  const names = { ...NEUTRAL, role: 'a role', database: 'a db', extensionSchema: 'a schema' };
  const statements = (changes: Partial<Case>) =>
    statementsOf(inputOf({ ...ADD_JOB, ...changes }, names));
  expect(statements({ scope: 'role in database', job: 'keep' })).toStrictEqual([
    `ALTER ROLE "a role" IN DATABASE "a db" SET timescaledb.telemetry_level = 'basic'`,
  ]);
  expect(statements({ action: 'disable', job: 'pause', jobs: [aJob()] })).toStrictEqual([
    `ALTER DATABASE "a db" SET timescaledb.telemetry_level = 'off'`,
    'SELECT "a schema".alter_job(1, scheduled => false)',
  ]);
});
