import { Socket } from 'node:net';
import pg from 'pg';
import { applyPlan } from '../../../lib/configure/apply.ts';
import { planChange } from '../../../lib/configure/plan.ts';
import { readServerContext, reporterSql } from '../../../lib/configure/server-context.ts';
import type { Connection } from '../../../lib/postgres/connect.ts';
import { buildReport } from '../../../lib/report/build-report.ts';
import { readFacts } from '../../../lib/timescaledb/facts.ts';
import {
  functionsSchema,
  type MemberFunction,
  type ServerInfo,
  type TimescaledbSnapshot,
  withTimescaledbSnapshot,
} from '../../../lib/timescaledb/server-info.ts';
import { SERVER_INFO_QUERY } from '../../../lib/timescaledb/server-info-query.ts';
import {
  BOUNDARY_RELEASES,
  HANDMADE_RELEASES,
  type HandmadeRelease,
  has,
} from '../timescaledb/catalogs.ts';
import { aServer } from '../timescaledb/facts.ts';
import { createServerInfo } from '../timescaledb/server-info.ts';
import { CHANGES, JOBS, serverContextOf } from './every-change.ts';

/**
 * Collects every statement that lib/ can send to a server. Its code runs on a connection that records the messages: for every
 * release with a change in the catalogs, with all and with no rights of the role, and with every error that lib/ handles by
 * another query.
 */

/** The messages of one session, in order. */
export type Messages = readonly string[];

/** Returns the server's answer to a message: a row, or an error. */
type Answer = (message: string) => Readonly<Record<string, unknown>> | pg.DatabaseError;

function failure(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError('An error of the tests.', 0, 'error'), { code });
}

/** Creates a connection that gets its answers from `answer` and records the messages. */
function recordMessages(answer: Answer): {
  readonly connection: Connection;
  readonly messages: string[];
} {
  const messages: string[] = [];
  const client = Object.assign(new pg.Client(), {
    async query(message: string) {
      messages.push(message);
      const answered = answer(message);
      if (answered instanceof Error) throw answered;
      return { rows: [answered] };
    },
    async end() {},
  });
  return { connection: { client, socket: new Socket() }, messages };
}

/** Returns the row of the query for a server's properties. */
export function serverInfoRow(server: ServerInfo) {
  return {
    server_version_num: server.serverVersionNum,
    standby: server.standby,
    extension_version: server.extensionVersion,
    member_functions: server.memberFunctions,
    member_of_database_owner: server.memberOfDatabaseOwner,
    may_read_file_settings: server.mayReadFileSettings,
    may_read_all_settings: server.mayReadAllSettings,
    may_read_job_errors: server.mayReadJobErrors,
    may_read_job_statistics: server.mayReadJobStatistics,
    replaced_tables: [],
  };
}

/** The row of the facts of a server without jobs, metadata and settings. */
export const FACTS_ROW = {
  available_version: null,
  available_versions: [],
  is_template1: false,
  restoring: [],
  session_level: null,
  level_setting: null,
  stored_levels: [],
  pending_level: null,
  jobs: [],
  job_health: null,
  metadata_keys: [],
  installed_at: null,
};

/**
 * Returns the messages of one snapshot.
 *
 * @param answers the answers to the queries after the first, in order; later queries get an empty row
 */
async function snapshotOf(
  server: ServerInfo,
  answers: readonly ReturnType<Answer>[],
  read: (snapshot: TimescaledbSnapshot) => Promise<unknown>,
): Promise<Messages> {
  const left = [...answers];
  const { connection, messages } = recordMessages((message) =>
    message.includes(SERVER_INFO_QUERY) ? serverInfoRow(server) : (left.shift() ?? {}),
  );
  await withTimescaledbSnapshot(connection, new AbortController().signal, () => 10_000, read).catch(
    () => undefined,
  );
  return messages;
}

const LOCKED = failure('55P03');
const BROKEN_CONTROL_FILE = failure('42601');

/** Returns the sessions of runs and previews on one server. */
async function readingSessions(server: ServerInfo): Promise<Messages[]> {
  const report =
    (reportSource: 'catalog' | 'function', level: 'basic' | 'no_functions') =>
    async (snapshot: TimescaledbSnapshot) =>
      buildReport(snapshot, { reportSource, sizes: 'exact' }, level);
  return [
    await snapshotOf(server, [FACTS_ROW], (snapshot) => readFacts(snapshot)),
    await snapshotOf(server, [BROKEN_CONTROL_FILE, FACTS_ROW], async (snapshot) => {
      await readFacts(snapshot);
      await report('catalog', 'basic')(snapshot);
    }),
    await snapshotOf(server, [LOCKED], report('catalog', 'basic')),
    await snapshotOf(server, [failure('XX000'), LOCKED], report('function', 'basic')),
    await snapshotOf(server, [], report('function', 'no_functions')),
  ];
}

function member(call: string, args = 0): MemberFunction {
  const [schema = '', name = ''] = call.split('.');
  return { schema, name, call, arguments: args, callable: true };
}

/** Returns those functions of a release that lib/ calls. */
function membersOf(release: HandmadeRelease): readonly MemberFunction[] {
  const own = functionsSchema(createServerInfo(release));
  return [
    member('public.get_telemetry_report', has(release, '1.4.0', '2.5.2') ? 1 : 0),
    member(`${own}.get_os_info`),
    member(`${own}.restart_background_workers`),
    ...(has(release, '1.2.0', '1.7.5')
      ? ['license_edition', 'enterprise_enabled', 'current_license_key'].map((name) =>
          member(`_timescaledb_internal.${name}`),
        )
      : []),
    ...(has(release, '2.0.0')
      ? [member('public.alter_job', 13), member('public.delete_job', 1)]
      : []),
  ];
}

const RELEASES = [...HANDMADE_RELEASES, ...BOUNDARY_RELEASES];
const OLDEST_SERVER = 90_624;
/** Versions before PostgreSQL 11, before 14, and the current one. */
const SERVERS = [OLDEST_SERVER, 120_022, 170_005];
const SEES_ALL = {
  memberOfDatabaseOwner: true,
  mayReadAllSettings: true,
  mayReadFileSettings: true,
  mayReadJobErrors: true,
};
const SEES_NOTHING = { memberFunctions: [], standby: true, mayReadJobStatistics: false };

/** Returns the sessions of `configure` on one server, for every kind of change. */
async function changingSessions(server: ServerInfo): Promise<Messages[]> {
  const sessions: Messages[] = [];
  for (const change of CHANGES) {
    const reporter = reporterSql(change);
    sessions.push(
      await snapshotOf(server, [FACTS_ROW], async (snapshot) => {
        await readFacts(snapshot, reporter);
        await readServerContext(snapshot, change);
      }),
    );
    for (const jobs of JOBS) {
      for (const license of ['apache', 'timescale']) {
        const serverContext = { ...serverContextOf(change), license };
        const facts = aServer({ jobs });
        sessions.push(await applied({ change, server, facts, serverContext }));
      }
    }
  }
  return sessions;
}

/** Returns the session of a plan, which is empty if the release does not support the change. */
async function applied(situation: Parameters<typeof planChange>[0]): Promise<Messages> {
  let loads = 0;
  const { connection, messages } = recordMessages(() => ({ at: loads++ }));
  try {
    await applyPlan(connection, new AbortController().signal, planChange(situation));
  } catch {
    return [];
  }
  return messages;
}

/** Returns all sessions without duplicates. */
export async function everySession(): Promise<Messages[]> {
  const sessions: Messages[] = [];
  for (const release of RELEASES) {
    const seesAll = { ...SEES_ALL, memberFunctions: membersOf(release) };
    for (const serverVersionNum of SERVERS) {
      for (const rights of [seesAll, SEES_NOTHING]) {
        const server = createServerInfo(release, { serverVersionNum, ...rights });
        sessions.push(...(await readingSessions(server)));
      }
    }
    // Two combinations are enough for a change.
    for (const rights of [seesAll, { ...SEES_NOTHING, serverVersionNum: OLDEST_SERVER }]) {
      sessions.push(...(await changingSessions(createServerInfo(release, rights))));
    }
  }
  return [...new Map(sessions.map((messages) => [messages.join('\0'), messages])).values()];
}
