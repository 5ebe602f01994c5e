import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { callerOf } from '../aws/aws-request.ts';
import type { RunError } from '../errors.ts';
import { dayPrefix } from '../record/record-key.ts';
import type { Ending } from '../run/run-to-end.ts';
import { timeLimit, toReportError } from './errors.ts';
import { parseFleetEvent } from './event.ts';
import { type FleetLine, type FleetProgress, toFleetLine } from './line.ts';
import { toFleetJson } from './publishing/fleet-json.ts';
import { publishTaken, settleOutbox } from './publishing/outbox.ts';
import { openResults } from './publishing/results.ts';
import { fleetKey } from './reading/keys.ts';
import { readSentReports } from './reading/sent-reports.ts';
import { type FleetDependencies, foldAndWriteState, type Report, type Written } from './report.ts';
import { type FleetVariables, parseFleetSettings, readFleetFile } from './settings.ts';

/** Connections to S3 that are kept open. */
const CONNECTIONS = 64;

/** Share of the function's time after which no further day of the record is read: the rest is for the results. */
const READING_SHARE = 0.6;

/**
 * Publishes the messages of the state that the report has written, and removes them from the state. They stay there if that
 * fails, so that the next report publishes them.
 */
async function notify(
  written: Written,
  variables: FleetVariables,
  { settings, dependencies, results, signal, progress, timed }: Report,
): Promise<RunError | undefined> {
  const { topic } = settings;
  if (topic === undefined) return undefined;
  progress.notifications = 0;
  const { writer, outbox, object } = written;
  if (!outbox.some(({ claim }) => claim?.by === writer)) return undefined;
  const endpoint = variables.AWS_ENDPOINT_URL_SNS;
  const place = { ...callerOf(variables), arn: topic, endpoint };
  return timed('notifications', async () => {
    const published = await publishTaken(written, place, dependencies.now(), signal);
    const count = published.sentIds.size;
    progress.notifications = count;
    const isSettled = await settleOutbox(object, writer, published, results, signal).catch(
      () => false,
    );
    if (!isSettled && count > 0) addWarning(progress, notRemoved(count));
    return published.error;
  });
}

function notRemoved(count: number): string {
  return `The state still has ${count === 1 ? 'the notification that was' : `the ${count} notifications that were`} published, because S3 refused the change or other reports wrote their states. The next report publishes ${count === 1 ? 'it' : 'them'} again.`;
}

function addWarning(progress: FleetProgress, warning: string): void {
  progress.warnings = [...(progress.warnings ?? []), warning];
}

async function writeResults({ fleet, otherKeys }: Written, report: Report): Promise<void> {
  const { results, settings, bucket, dependencies, signal, timed } = report;
  const { environment, prefix } = settings;
  const place = { bucket, environment, prefix, otherKeys };
  await timed('page', async () => {
    await results.writeFleet([JSON.stringify(toFleetJson(fleet))]);
    await results.writePage(
      dependencies.renderPage(fleet, {
        async reportsOf(name, count) {
          const database = Object.hasOwn(fleet.databases, name) && fleet.databases[name];
          return database ? readSentReports(database, count, place, signal) : [];
        },
        recordedIn: `s3://${settings.bucket}/${dayPrefix(environment, '', prefix).replace(/date=\/$/, '')}`,
      }),
    );
  });
}

async function makeReport(variables: FleetVariables, report: Report): Promise<void> {
  const { settings, event, bucket, dependencies, signal, progress } = report;
  const { environment, account, prefix } = settings;
  const file = await readFleetFile(settings, variables);
  const startedAt = dependencies.now();
  const written = await foldAndWriteState(report, {
    bucket,
    prefix,
    event,
    signal,
    hasTime: () => dependencies.now() - startedAt < dependencies.limitMs * READING_SHARE,
    context: {
      environment,
      ...(account !== undefined && { account }),
      region: bucket.region,
      now: new Date(startedAt).toISOString(),
      ...(file !== undefined && { databases: file.databases, mutes: file.mute }),
    },
  });
  const { fleet, days, reading, warnings } = written;
  const { listed, read, refused } = reading;
  const page = `s3://${settings.bucket}/${fleetKey('page', environment, prefix)}`;
  Object.assign(progress, {
    asOf: fleet.asOf,
    counts: fleet.counts,
    days,
    objects: { listed, read, refused },
    problems: fleet.problems.length,
    page,
    ...(warnings.length > 0 && { warnings }),
  } satisfies Partial<FleetProgress>);
  const error = await notify(written, variables, report);
  await writeResults(written, report);
  if (error !== undefined) throw error;
}

/** Closes the connections on disposal. */
function openConnections() {
  const options = { keepAlive: true, maxSockets: CONNECTIONS };
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
  return {
    agents,
    [Symbol.dispose]() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

/**
 * Makes the report of a fleet: reads the new objects of the record, and writes state, page and JSON. Publishes what has
 * changed. Never throws.
 */
export async function runFleetReport(
  input: unknown,
  variables: FleetVariables,
  dependencies: FleetDependencies,
): Promise<Ending<FleetLine, FleetLine>> {
  const startedAt = performance.now();
  const durationMs: Record<string, number> = {};
  const progress: FleetProgress = { durationMs };
  const signal = AbortSignal.timeout(Math.max(1, dependencies.limitMs));
  const timed = async <T>(step: string, work: () => Promise<T>): Promise<T> => {
    const start = performance.now();
    try {
      return await work();
    } finally {
      durationMs[step] = Math.round((durationMs[step] ?? 0) + performance.now() - start);
    }
  };
  let error: RunError | undefined;
  try {
    const settings = parseFleetSettings(variables);
    progress.environment = settings.environment;
    const event = parseFleetEvent(input);
    if (event.scheduledTime !== undefined) progress.scheduledTime = event.scheduledTime;
    using connections = openConnections();
    const endpoint = variables.AWS_ENDPOINT_URL_S3;
    const bucket = {
      ...callerOf(variables, connections.agents),
      bucket: settings.bucket,
      endpoint,
    };
    const { environment, prefix } = settings;
    const results = openResults(bucket, environment, prefix, signal);
    await makeReport(variables, {
      settings,
      event,
      bucket,
      results,
      dependencies,
      signal,
      progress,
      timed,
    });
  } catch (thrown) {
    error = signal.aborted ? timeLimit(thrown) : toReportError(thrown);
  }
  durationMs['total'] = Math.round(performance.now() - startedAt);
  const line = toFleetLine(progress, error);
  return { line, result: error === undefined ? line : undefined, error };
}
