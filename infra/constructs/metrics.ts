import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import {
  type FleetMetricName,
  METRICS_NAMESPACE,
  type MetricName,
  SERVICE,
} from '../../lib/naming.ts';

/** Returns a metric of this project with these dimensions: by default the sum of a day. */
export function createMetric(
  metricName: MetricName | FleetMetricName,
  dimensions: Readonly<Record<string, string>>,
  props: MetricOptions = {},
): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: SERVICE, ...dimensions },
    statistic: 'Sum',
    period: Duration.days(1),
    ...props,
  });
}

/** Metrics of the runs of a database, or of all databases of an environment. The functions write them to the log. */
export abstract class RunMetrics extends Construct {
  /** The dimensions of the metrics beside `service`. */
  protected abstract readonly dimensions: Readonly<Record<string, string>>;

  /**
   * Returns a metric of the runs; docs/log-and-metrics.md describes them.
   *
   * @default the sum of a day
   */
  metric(metricName: MetricName, props?: MetricOptions): Metric {
    return createMetric(metricName, this.dimensions, props);
  }

  /**
   * Runs that were sent, checked or skipped.
   *
   * @default the sum of a day
   */
  metricCompleted(props?: MetricOptions): Metric {
    return this.metric('Completed', props);
  }

  /**
   * Runs that sent a report.
   *
   * @default the sum of a day
   */
  metricSent(props?: MetricOptions): Metric {
    return this.metric('Sent', props);
  }

  /**
   * Attempts that failed, also those that are retried.
   *
   * @default the sum of a day
   */
  metricFailed(props?: MetricOptions): Metric {
    return this.metric('Failed', props);
  }

  /**
   * Runs that failed, and that no further attempt follows.
   *
   * @default the sum of a day
   */
  metricFinalFailures(props?: MetricOptions): Metric {
    return this.metric('FinalFailures', props);
  }

  /**
   * Duration of a run, in milliseconds.
   *
   * @default the maximum of a day
   */
  metricDuration(props?: MetricOptions): Metric {
    return this.metric('Duration', { statistic: 'Maximum', ...props });
  }

  /**
   * 1 if the installed TimescaleDB is not the latest version.
   *
   * @default the maximum of a day
   */
  metricOutdated(props?: MetricOptions): Metric {
    return this.metric('Outdated', { statistic: 'Maximum', ...props });
  }

  /**
   * 1 if the installed TimescaleDB has a published vulnerability.
   *
   * @default the maximum of a day
   */
  metricKnownVulnerable(props?: MetricOptions): Metric {
    return this.metric('KnownVulnerable', { statistic: 'Maximum', ...props });
  }

  /**
   * 1 if the minor release of PostgreSQL breaks all scheduled jobs of the installed TimescaleDB.
   *
   * @default the maximum of a day
   */
  metricJobsBroken(props?: MetricOptions): Metric {
    return this.metric('JobsBroken', { statistic: 'Maximum', ...props });
  }
}
