import { functionsSchema, has, jobTable, type ServerInfo } from '../../timescaledb/server-info.ts';
import {
  always,
  type Field,
  NUMBER,
  NUMBER_AS_TEXT,
  number,
  type Source,
  selectSql,
  text,
} from './field.ts';

/** Counters of jobs by procedure, and by schedule since 2.9.0. */

/** The job catalog since 2.0.0. */
export const JOBS: Source = {
  name: 'jobs',
  sql(server) {
    if (!has(server, 'jobProcedures')) return undefined;
    const columns = {
      id: 'j.id',
      name: 'j.proc_name',
      is_own: `j.proc_schema = '${functionsSchema(server)}'`,
      ...(has(server, 'fixedSchedules') && { is_fixed: 'j.fixed_schedule' }),
    };
    return selectSql(columns, `from ${jobTable(server)} j`);
  },
};

/** A field that counts jobs. */
interface Counter {
  readonly name: string;
  readonly description: string;
  readonly condition: string;
}

function policy(name: string, procedure: string, description: string): Counter {
  return { name, description, condition: `j.is_own and j.name = '${procedure}'` };
}

const REORDER = policy('num_reorder_policies', 'policy_reorder', 'jobs that reorder chunks');

const COUNTERS: readonly Counter[] = [
  policy(
    'num_continuous_aggs_policies',
    'policy_refresh_continuous_aggregate',
    'jobs that refresh continuous aggregates',
  ),
  policy('num_compression_policies', 'policy_compression', 'jobs that compress'),
  policy('num_retention_policies', 'policy_retention', 'jobs that drop old chunks'),
  {
    name: 'num_user_defined_actions',
    description: "jobs with a procedure that isn't the extension's",
    condition: 'not j.is_own',
  },
];

function counted(condition: string): string {
  return `pg_catalog.count(*) filter (where ${condition})`;
}

/** Since 2.9.0 jobs on a fixed schedule have counters of their own, and are not in the others. */
function countsOf(server: ServerInfo): Readonly<Record<string, string>> {
  const all = [...COUNTERS, REORDER];
  if (!has(server, 'fixedSchedules')) {
    return Object.fromEntries(all.map(({ name, condition }) => [name, counted(condition)]));
  }
  return Object.fromEntries([
    ...all.map(({ name, condition }) => [name, counted(`${condition} and not j.is_fixed`)]),
    ...all.map(({ name, condition }) => [`${name}_fixed`, counted(`${condition} and j.is_fixed`)]),
  ]);
}

/** One row. In 1.x each policy was a row of a table of its own, and the report counts one of these tables. */
const JOB_COUNTS: Source = {
  name: 'job_counts',
  reads: [JOBS],
  sql: (server) =>
    has(server, 'jobProcedures')
      ? selectSql(countsOf(server), 'from jobs j')
      : selectSql(
          { [REORDER.name]: 'pg_catalog.count(*)' },
          'from _timescaledb_config.bgw_policy_reorder p',
        ),
};

function variableSchedule({ name, description }: Counter): Field {
  return {
    name,
    since: '2.0.0',
    type: NUMBER,
    description: `${description}; since 2.9.0 without those on a fixed schedule`,
    example: 1,
    from: [JOB_COUNTS],
    sql: always(number(`job_counts.${name}`)),
  };
}

function fixedSchedule({ name, description }: Counter): Field {
  return {
    name: `${name}_fixed`,
    since: '2.9.0',
    type: NUMBER,
    description: `${description}, on a fixed schedule`,
    example: 1,
    from: [JOB_COUNTS],
    sql: always(number(`job_counts.${name}_fixed`)),
  };
}

/** In 1.x the figure was a text. */
const REORDER_POLICIES: Field = {
  ...variableSchedule(REORDER),
  since: '1.3.0',
  type: [
    ['1.3.0', NUMBER_AS_TEXT],
    ['2.0.0', NUMBER],
  ],
  sql: (server) =>
    has(server, 'jobProcedures')
      ? number(`job_counts.${REORDER.name}`)
      : text(`job_counts.${REORDER.name}`),
};

export const JOB_COUNTERS: readonly Field[] = [
  ...COUNTERS.map(variableSchedule),
  REORDER_POLICIES,
  ...COUNTERS.map(fixedSchedule),
  fixedSchedule(REORDER),
];
