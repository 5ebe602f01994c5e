import type { Invocation } from '../../local/lambda.ts';
import type { Json } from './reports.ts';

/** Every line that a function wrote; a line that is no JSON object is an error. */
export function linesOf({ log }: Invocation): Json[] {
  return log.map((line) => JSON.parse(line));
}

/** The lines that tell how a run ended; there has to be exactly one. */
export function summariesOf(invocation: Invocation): Json[] {
  return linesOf(invocation).filter((line) => 'outcome' in line);
}

/** The lines of metrics. */
export function metricsOf(invocation: Invocation): Json[] {
  return linesOf(invocation).filter((line) => '_aws' in line);
}
