import type { DatabaseReader, Reading, ReadOptions } from '../run/database-reader.ts';
import type { RunContext } from '../run/run-to-end.ts';
import { jobSettings } from '../schedule/job-settings.ts';
import { type AskingVariables, askWorker, type Received } from './ask.ts';
import type { ReadOperation } from './contract/request.ts';
import { invalidAnswer } from './errors.ts';
import { decideFrom, toReading, toRunErrorOf } from './verify-answer.ts';

function toOperation({
  time,
  retriedAt,
  report,
  isUntracked = false,
  reserveMs = 0,
  isCheck = false,
}: ReadOptions): ReadOperation {
  return {
    kind: isCheck ? 'check' : 'read',
    time,
    ...(retriedAt !== undefined && { retriedAt }),
    report,
    isUntracked,
    reserveMs,
  };
}

/** Passes on the facts, and what is decided here from them. */
function emitDecisions(
  { facts, consent, due }: Pick<Reading, 'facts' | 'consent' | 'due'>,
  timeOf: Received['timeOf'],
  { deadline, emit }: RunContext,
): void {
  emit({ type: 'facts-read', facts }, timeOf('facts-read'));
  deadline.setRunLimit(jobSettings(facts).maxRuntimeMs);
  const decidedAt = timeOf('due-decided');
  emit({ type: 'consent-decided', consent }, decidedAt);
  emit({ type: 'due-decided', due }, decidedAt);
}

/** Creates the reader that reads the database through the worker that WORKER names. */
export function createRemoteReader(variables: AskingVariables): DatabaseReader {
  return {
    async read(target, options, context) {
      const { answer, timeOf } = await askWorker(toOperation(options), target, variables, context);
      if (answer.kind === 'change') throw invalidAnswer('it is that of a change');
      if (answer.kind === 'error') {
        const { facts } = answer;
        if (facts !== undefined) {
          const decided = await decideFrom(facts, target, options);
          emitDecisions({ facts, ...decided }, timeOf, context);
        }
        throw toRunErrorOf(answer);
      }
      const reading = await toReading(answer, target, options);
      emitDecisions(reading, timeOf, context);
      if (reading.report !== undefined) {
        context.emit({ type: 'report-built', report: reading.report });
      }
      return reading;
    },
  };
}
