import type { ReadingTarget } from '../config/target.ts';
import type { Change } from '../configure/event.ts';
import type { ChangeParts } from '../configure/run-change.ts';
import { type Connection, connect } from '../postgres/connect.ts';
import type { ConnectionEvent } from '../postgres/socket.ts';
import type { Report } from '../report/build-report.ts';
import { readDatabase } from '../run/read-database.ts';
import type { RunProgress } from '../run/run-record.ts';
import type { DatabaseContext } from '../run/run-to-end.ts';
import type { Facts } from '../timescaledb/facts.ts';
import type { ChangedAnswer, FailedAnswer, ReadAnswer, WorkerEvent } from './contract/answer.ts';
import type { ReadOperation, WorkerRequest } from './contract/request.ts';
import { VERSIONS } from './contract/version.ts';
import { fitAnswer, misfitError } from './fitting-answer.ts';

/** The results of an operation, as its answer has them. */
type Done =
  | Omit<ReadAnswer, 'version' | 'productVersion' | 'durationMs'>
  | Omit<ChangedAnswer, 'version' | 'productVersion' | 'durationMs'>;

/** What is known of an operation that is running, for the answer to its error. */
type Known = Pick<FailedAnswer, 'facts' | 'change' | 'events'>;

/** One operation. */
export interface Operation {
  readonly run: (deadline: DatabaseContext['deadline']) => Promise<Done>;
  readonly known: () => Known;
}

/** Converts an event of a reading; undefined for one that the sender decides itself. */
function toWorkerEvent(event: RunProgress, ms: number): WorkerEvent | undefined {
  switch (event.type) {
    case 'name-resolved':
    case 'connected':
    case 'logged-in':
    case 'server-identified':
    case 'facts-read':
    case 'due-decided':
      return { type: event.type, ms };
    case 'connection-started':
    case 'tls-established':
      return { ...event, ms };
    default:
      return undefined;
  }
}

function toReportAnswer({ body, uuid: _, ...report }: Report): NonNullable<ReadAnswer['report']> {
  return { ...report, text: Buffer.from(body).toString('utf8'), bytes: body.byteLength };
}

type LogIn = (signal: AbortSignal, emit?: (event: ConnectionEvent) => void) => Promise<Connection>;

function startReading(
  { kind, ...options }: ReadOperation,
  target: ReadingTarget,
  logIn: LogIn,
): Operation {
  const startedAt = performance.now();
  const events: WorkerEvent[] = [];
  let facts: Facts | undefined;
  const emit = (event: RunProgress): void => {
    if (event.type === 'facts-read') facts = event.facts;
    const shown = toWorkerEvent(event, performance.now() - startedAt);
    if (kind === 'check' && shown !== undefined) events.push(shown);
  };
  const known = (): Known => ({
    ...(facts && { facts }),
    ...(kind === 'check' && { events }),
  });
  return {
    known,
    async run(deadline) {
      const reading = await readDatabase((signal) => logIn(signal, emit), target, options, {
        deadline,
        emit,
      });
      const { consent, due, report } = reading;
      return {
        kind: 'read',
        facts: reading.facts,
        consent: { granted: consent.granted, level: consent.level, rule: consent.rule },
        due: { isDue: due.isDue },
        report: report === undefined ? null : toReportAnswer(report),
        ...(kind === 'check' && { events }),
      };
    },
  };
}

/**
 * Checks that the answer about a change fits. Before a change is applied, its state after the change counts as large as that
 * before it: an answer that does not fit must not follow a change.
 *
 * @throws RunError CATALOG_UNEXPECTED
 */
function checkFit(parts: ChangeParts): void {
  const { facts, plan, factsAfter } = parts;
  const isPlanned = facts !== undefined && plan !== undefined && factsAfter === undefined;
  const change = isPlanned ? { ...parts, applyNotes: [], factsAfter: facts } : parts;
  const fitting = fitAnswer({ ...VERSIONS, kind: 'change', change, durationMs: { total: 0 } });
  if (!('place' in fitting)) return;
  throw misfitError(fitting, factsAfter === undefined ? ' Nothing was changed.' : '');
}

function startChange(change: Change, logIn: LogIn): Operation {
  let parts: ChangeParts = {};
  return {
    known: () => ({ change: parts }),
    async run(deadline) {
      // Loaded only by a change.
      const { runChange } = await import('../configure/run-change.ts');
      await runChange(logIn, change, { deadline }, (learned) => {
        const known = { ...parts, ...learned };
        checkFit(known);
        parts = known;
      });
      return { kind: 'change', change: parts };
    },
  };
}

/** Prepares the operation of a request. */
export function startOperation({ target, credentials, operation }: WorkerRequest): Operation {
  const { ca, ...login } = credentials;
  const logIn: LogIn = (signal, emit) => connect({ ...login, ca }, target, signal, emit);
  return operation.kind === 'change'
    ? startChange(operation.change, logIn)
    : startReading(operation, target, logIn);
}
