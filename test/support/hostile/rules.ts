import { createHash } from 'node:crypto';
import type { WarmInvocation } from '../../../bench/warm/warm-lambda.ts';
import type { TelemetryEndpoint } from '../../../emulator/telemetry-endpoint.ts';

/** Below the 256 MB of the deployed function. */
export const MEMORY_LIMIT_BYTES = 200_000_000;
/** Maximum length of a log line. */
const LINE_LIMIT_BYTES = 16_384;

/** Parses a line; undefined if it is not a JSON object. */
export function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** Returns violations of the rules for log lines. */
export function checkLines({ log }: WarmInvocation): string[] {
  const lines = log.map(parseLine);
  const summaries = lines.filter((line) => line !== undefined && 'outcome' in line).length;
  const metrics = lines.filter((line) => line !== undefined && '_aws' in line).length;
  const others = log.length - summaries - metrics;
  const longest = Math.max(0, ...log.map((line) => Buffer.byteLength(line)));
  return [
    ...(summaries === 1 ? [] : [`${summaries} summary lines`]),
    ...(metrics === 1 ? [] : [`${metrics} lines of metrics`]),
    ...(others === 0 ? [] : [`${others} other lines: ${log.join('\n').slice(0, 500)}`]),
    ...(longest <= LINE_LIMIT_BYTES ? [] : [`a line of ${longest} bytes`]),
  ];
}

/** Returns violations of the rules for the result, the time and the memory of a run. */
export function checkResult(
  invocation: WarmInvocation,
  summary: Readonly<Record<string, unknown>>,
  timeLimitMs: number,
): string[] {
  const { tookMs = Number.NaN, maxMemoryBytes = Number.NaN } = invocation;
  const isFailed = summary['outcome'] === 'failed';
  const name = 'error' in invocation ? invocation.error.name : undefined;
  const code: unknown = Object(summary['error']).code;
  return [
    ...(name === (isFailed ? 'RunError' : undefined) ? [] : [`the result is ${name}`]),
    // INTERNAL is a defect of this project, never a fault of the server.
    ...(code === 'INTERNAL' ? [`INTERNAL: ${JSON.stringify(summary)}`] : []),
    ...(tookMs < timeLimitMs ? [] : [`took ${tookMs.toFixed(0)} ms`]),
    ...(maxMemoryBytes < MEMORY_LIMIT_BYTES
      ? []
      : [`used ${(maxMemoryBytes / 1e6).toFixed(0)} MB`]),
  ];
}

/**
 * Compares the reports that arrive with the summary lines: each belongs to a run with consent. The report of a run that
 * ended at its time limit may arrive during the next run.
 */
export class Arrivals {
  readonly #endpoint: TelemetryEndpoint;
  #seen = 0;
  #before: string | undefined;

  constructor(endpoint: TelemetryEndpoint) {
    this.#endpoint = endpoint;
  }

  check({ receipt, report, consent }: Readonly<Record<string, unknown>>): string[] {
    const sha256: unknown = Object(consent).granted === true ? Object(report).sha256 : undefined;
    const arrived = this.#endpoint.reports
      .slice(this.#seen)
      .map(({ body }) => createHash('sha256').update(body).digest('hex'));
    this.#seen += arrived.length;
    const strange = arrived.filter((one) => one !== sha256 && one !== this.#before);
    this.#before = typeof sha256 === 'string' ? sha256 : undefined;
    return [
      ...(arrived.length <= 2 && strange.length === 0 ? [] : [`${arrived.length} reports arrived`]),
      ...(receipt === undefined || arrived.includes(String(sha256)) ? [] : ['no report arrived']),
    ];
  }
}
