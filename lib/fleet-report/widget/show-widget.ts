import { callerOf } from '../../aws/aws-request.ts';
import type { RunError } from '../../errors.ts';
import type { Ending } from '../../run/run-to-end.ts';
import { timeLimit, toReportError } from '../errors.ts';
import { type FleetLine, toFleetLine } from '../line.ts';
import { openResults } from '../publishing/results.ts';
import { fleetKey } from '../reading/keys.ts';
import { type FleetVariables, parseFleetSettings } from '../settings.ts';
import { parseWidgetFleet, renderNoResult, renderWidget, WIDGET_DESCRIPTION } from './widget.ts';

/** Returns the widget of an environment, as HTML. */
async function render(variables: FleetVariables, signal: AbortSignal): Promise<string> {
  const { bucket: name, environment, prefix } = parseFleetSettings(variables);
  const caller = callerOf(variables);
  const bucket = { ...caller, bucket: name, endpoint: variables.AWS_ENDPOINT_URL_S3 };
  const json = await openResults(bucket, environment, prefix, signal).readFleet();
  if (json === undefined) return renderNoResult(environment, 'no report has been made yet.');
  const fleet = parseWidgetFleet(json);
  return fleet === undefined
    ? renderNoResult(environment, 'its JSON is damaged or of another version.')
    : renderWidget(fleet, {
        bucket: name,
        region: caller.region,
        key: fleetKey('page', environment, prefix),
      });
}

/** Answers a dashboard of CloudWatch. Reads the result of the last report, and changes nothing. Never throws. */
export async function showWidget(
  kind: 'describe' | 'render',
  variables: FleetVariables,
  { limitMs }: { readonly limitMs: number },
): Promise<Ending<FleetLine, string>> {
  const startedAt = performance.now();
  const signal = AbortSignal.timeout(Math.max(1, limitMs));
  let result: string | undefined;
  let error: RunError | undefined;
  try {
    result = kind === 'describe' ? WIDGET_DESCRIPTION : await render(variables, signal);
  } catch (thrown) {
    error = signal.aborted ? timeLimit(thrown) : toReportError(thrown);
  }
  const durationMs = { total: Math.round(performance.now() - startedAt) };
  const line: FleetLine =
    error === undefined
      ? { outcome: 'shown', severity: 'INFO', message: 'The widget was rendered.', durationMs }
      : toFleetLine({ durationMs }, error);
  return { line, result, error };
}
