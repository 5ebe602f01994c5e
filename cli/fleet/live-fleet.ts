import * as z from 'zod/mini';
import { worstFirst } from '../../lib/fleet/conditions.ts';
import { fold } from '../../lib/fleet/fold.ts';
import type { RecordedLine, RecordedRun } from '../../lib/record/recorded-run.ts';
import { CommandError } from '../command.ts';
import { invokeDeployed } from '../lambda-client.ts';
import { showProgressBar } from '../output/terminal/progress-bar.ts';
import { readFleetEnvironment } from './environment.ts';
import { mapWithLimit } from './pool.ts';
import { type FleetSource, toRow } from './row.ts';

const text = z.optional(z.string());
const texts = z.readonly(z.array(z.string()));

/** The result of a check, as far as the fleet shows it. */
const replySchema = z.object({
  ok: z.boolean(),
  sentence: z.string(),
  consent: z.nullable(
    z.object({
      granted: z.boolean(),
      level: z.string(),
      rule: z.string(),
      where: z.string(),
      holder: text,
      sentence: z.string(),
    }),
  ),
  stages: z.array(z.object({ status: z.string(), code: text, remedy: text })),
  version: z.optional(
    z.object({
      installed: z.string(),
      postgresql: text,
      available: z.nullable(z.string()),
      latest: text,
      reachable: text,
      fix: text,
      versionsBehind: z.optional(z.int()),
      verdicts: texts,
      sentence: z.string(),
      advisories: z.optional(texts),
      asOf: z.string(),
    }),
  ),
  jobs: z.optional(
    z.object({
      scheduled: z.int(),
      failing: z.int(),
      oldestFailure: z.nullable(z.string()),
    }),
  ),
  standby: z.optional(z.literal(true)),
});
type Reply = z.infer<typeof replySchema>;

type Rest = Omit<RecordedLine, 'environment' | 'database'>;

function failed(code: string, message: string, remedy: string): Rest {
  return {
    severity: 'ERROR',
    outcome: 'failed',
    message,
    remedy,
    error: { code, retryable: false },
  };
}

function toLine({ ok, sentence, consent, stages, version, jobs, standby }: Reply): Rest {
  const stage = stages.find(({ status }) => status === 'failed');
  const read = {
    ...(consent !== null && { consent }),
    ...(version !== undefined && { version }),
    ...(jobs !== undefined && { jobs }),
    ...(standby && { standby }),
  };
  if (!ok) {
    const { code = 'INTERNAL', remedy = '' } = stage ?? {};
    return { ...failed(code, sentence, remedy), ...read };
  }
  return {
    severity: 'INFO',
    outcome: consent?.granted === true ? 'checked' : 'skipped',
    message: sentence,
    ...read,
  };
}

/** Invokes the check of one database. An invocation that fails is a row, too. */
async function check(environment: string, database: string, folder: string): Promise<Rest> {
  try {
    const deployed = { environment, database, purpose: 'get-report', folder } as const;
    const reply = replySchema.safeParse(await invokeDeployed(deployed, { check: true }));
    if (reply.success) return toLine(reply.data);
    return failed(
      'REPLY_UNKNOWN',
      'The function ran, but its reply is not known.',
      'Deploy the environment again, or use the version that deployed it.',
    );
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return failed('NOT_INVOKED', error.message, error.remedy);
  }
}

/** Creates the source that invokes the check of each database of an environment. The checks only read. */
export function liveFleet(environment: string, folder: string, parallel: number): FleetSource {
  return {
    title: `checks of all databases in ${environment}; nothing is sent`,
    isLive: true,
    async load() {
      const { databases, account, region, mutes } = await readFleetEnvironment(environment, folder);
      const progress = showProgressBar('checking', databases.length);
      const runs = await mapWithLimit(
        databases,
        parallel,
        async ({ name }): Promise<RecordedRun> => {
          const line = { ...(await check(environment, name, folder)), environment, database: name };
          progress.advance(name);
          return { version: 1, recordedAt: new Date().toISOString(), line, report: null };
        },
      ).finally(() => progress.remove());
      const now = new Date().toISOString();
      const state = fold(undefined, runs, { environment, account, region, now, databases, mutes });
      return { state, rows: worstFirst(state).map(toRow), notes: [] };
    },
  };
}
