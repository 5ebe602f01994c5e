import { Duration } from 'aws-cdk-lib';
import {
  CustomWidget,
  Dashboard,
  GraphWidget,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  type Metric,
  SingleValueWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Environment } from '../config/resolved-environment.ts';
import { type DeployPlace, environmentName, fleetFunctionArn, logGroupName } from '../naming.ts';
import { environmentMetric, queueMetric } from './alarms.ts';
import { BY_DATABASE, LAST_SUCCESS, OUTDATED } from './log-queries.ts';

const WIDTH = 24;
const HALF = WIDTH / 2;

function table(place: DeployPlace, title: string, query: string): IWidget {
  return new LogQueryWidget({
    title,
    logGroupNames: [logGroupName(place, 'send-report')],
    view: LogQueryVisualizationType.TABLE,
    queryString: query,
    width: HALF,
    height: 9,
  });
}

/** Shows the result of the last report on the fleet. Viewers need the permission to invoke the function. */
function fleetWidget(place: DeployPlace): IWidget {
  return new CustomWidget({
    functionArn: fleetFunctionArn(place),
    title: `Fleet ${place.environment}`,
    updateOnResize: false,
    updateOnTimeRangeChange: false,
    width: WIDTH,
    height: 10,
  });
}

function labelled(metric: Metric, label: string): Metric {
  return metric.with({ label });
}

/**
 * Creates the dashboard of an environment: runs of the day, outdated databases, outcomes by database, durations and queues.
 * Results by database are log queries, which return up to a thousand rows; graphs show the environment as a whole.
 */
export function createDashboard(
  scope: Construct,
  { place, databases, stacks, fleet }: Environment,
): Dashboard {
  const daily = (
    ...args: Parameters<typeof environmentMetric> extends [DeployPlace, ...infer Rest]
      ? Rest
      : never
  ) => environmentMetric(place, ...args);
  const outcomes = [
    labelled(daily('Sent'), 'sent'),
    labelled(daily('Checked'), 'checked'),
    labelled(daily('Skipped'), 'skipped'),
    labelled(daily('Failed'), 'failed attempts'),
    labelled(daily('FinalFailures'), 'final failures'),
  ];
  const durations = (['p50', 'p99', 'Maximum'] as const).map((statistic) =>
    labelled(daily('Duration', { statistic }), statistic),
  );
  return new Dashboard(scope, 'Dashboard', {
    dashboardName: environmentName(place),
    defaultInterval: Duration.days(7),
    widgets: [
      ...(fleet === undefined ? [] : [[fleetWidget(place)]]),
      [
        new TextWidget({
          markdown: `# timescaledb-telemetry · ${place.environment}\n${databases.length} databases in ${stacks} stacks. *Skipped* is not an error: consent is denied, or the run is not due. See docs/log-and-metrics.md for the log fields, docs/operating.md for the alarms.`,
          width: WIDTH,
          height: 2,
        }),
      ],
      [
        new SingleValueWidget({
          title: 'Runs today',
          metrics: outcomes,
          width: HALF,
          height: 4,
        }),
        new SingleValueWidget({
          title: 'Findings of these runs',
          metrics: [
            labelled(daily('Outdated'), 'outdated TimescaleDB'),
            labelled(daily('KnownVulnerable'), 'known vulnerability'),
            labelled(daily('JobsBroken'), 'broken jobs'),
          ],
          width: HALF,
          height: 4,
        }),
      ],
      [
        table(place, 'Outdated or vulnerable databases', OUTDATED),
        table(place, 'Outcomes by database', BY_DATABASE),
      ],
      [
        table(place, 'Last success by database, oldest first', LAST_SUCCESS),
        new GraphWidget({
          title: 'Outcomes by day',
          left: outcomes,
          stacked: false,
          width: HALF,
          height: 9,
        }),
      ],
      [
        new GraphWidget({
          title: 'Duration of a run',
          left: durations,
          leftYAxis: { label: 'ms', showUnits: false, min: 0 },
          width: HALF,
          height: 7,
        }),
        new GraphWidget({
          title: 'Messages in the queues',
          left: (['failed-runs', 'undelivered'] as const).map((queue) =>
            labelled(
              queueMetric(place, queue, 'ApproximateNumberOfMessagesVisible', 'Maximum'),
              queue,
            ),
          ),
          width: HALF,
          height: 7,
        }),
      ],
    ],
  });
}
