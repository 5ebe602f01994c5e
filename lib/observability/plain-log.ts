import type { Context } from 'aws-lambda';
import type { Log } from './log.ts';
import { type LineLevel, writeLines } from './write-lines.ts';

/** Environment variables of Lambda, and those of Powertools' logger that this log obeys. */
export interface LogVariables {
  readonly AWS_LAMBDA_INITIALIZATION_TYPE?: string | undefined;
  readonly AWS_LAMBDA_LOG_LEVEL?: string | undefined;
  readonly POWERTOOLS_LOG_LEVEL?: string | undefined;
  readonly _X_AMZN_TRACE_ID?: string | undefined;
}

/** Levels by Powertools' names, from the lowest to the highest. FATAL is Lambda's name of CRITICAL. */
const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'];

/** Returns the rank of the lowest level that is written. Lambda's level takes precedence. */
function lowestRank({ AWS_LAMBDA_LOG_LEVEL = '', POWERTOOLS_LOG_LEVEL = '' }: LogVariables) {
  const names = [AWS_LAMBDA_LOG_LEVEL.replace('FATAL', 'CRITICAL'), POWERTOOLS_LOG_LEVEL];
  return LEVELS.indexOf(names.find((name) => LEVELS.includes(name)) ?? 'INFO');
}

function writeToStream(text: string, level: LineLevel): void {
  const isProblem = level === 'WARN' || level === 'ERROR';
  process[isProblem ? 'stderr' : 'stdout'].write(text);
}

/**
 * Creates a log without Powertools, whose import takes a tenth of a start. Its lines have the fields of Powertools' logger, and
 * never the event.
 */
export function createPlainLog(variables: LogVariables): Log {
  const lowest = lowestRank(variables);
  const isWritten = (level: LineLevel): boolean => LEVELS.indexOf(level) >= lowest;
  let coldStart = variables.AWS_LAMBDA_INITIALIZATION_TYPE === 'on-demand';
  let ofInvocation = {};
  const toFields = (context: Context): object => ({
    cold_start: coldStart,
    function_arn: context.invokedFunctionArn,
    function_memory_size: context.memoryLimitInMB,
    function_name: context.functionName,
    function_request_id: context.awsRequestId,
    sampling_rate: 0,
    // Lambda sets it anew for each invocation.
    xray_trace_id: variables._X_AMZN_TRACE_ID?.match(/Root=([^;]+)/)?.[1],
  });
  return {
    middleware: {
      before({ context }) {
        ofInvocation = toFields(context);
        coldStart = false;
      },
    },
    write(line, ...errors) {
      writeLines(line, errors, {
        debug: isWritten('DEBUG'),
        now: Date.now,
        fields: ofInvocation,
        write(text, level) {
          if (isWritten(level)) writeToStream(text, level);
        },
      });
    },
  };
}
