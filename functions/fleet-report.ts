import { widgetRequest } from '../lib/fleet-report/event.ts';
import type { FleetLine } from '../lib/fleet-report/line.ts';
import { createFleetMetrics } from '../lib/fleet-report/publishing/metrics.ts';
import { createLog } from '../lib/observability/logger.ts';
import type { Ending } from '../lib/run/run-to-end.ts';
import { createHandler } from './create-handler.ts';

const metrics = createFleetMetrics();

/**
 * Invoked once a day: reads the record of an environment, and writes the page of its fleet. Also answers the widget of a
 * dashboard. It has no code that reads a database or a secret.
 */
export const handler = createHandler({
  log: createLog(),
  async run(event, invocation): Promise<Ending<FleetLine, FleetLine | string>> {
    const widget = widgetRequest(event);
    if (widget !== undefined) {
      const { showWidget } = await import('../lib/fleet-report/widget/show-widget.ts');
      return showWidget(widget, process.env, invocation);
    }
    const { runFleetReport } = await import('../lib/fleet-report/run-fleet-report.ts');
    const { renderPage } = await import('../lib/fleet-page/render-page.ts');
    return runFleetReport(event, process.env, { ...invocation, renderPage });
  },
  writeMetrics: (line) => metrics.write(line),
});
