import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { SERVICE } from './log.ts';
import type { Outcome } from './outcome.ts';

const NAMESPACE = 'TimescaleDBTelemetry';

type Metric = readonly [
  name: string,
  unit: (typeof MetricUnit)[keyof typeof MetricUnit],
  value: number,
];

function count(name: string, holds: boolean): Metric {
  return [name, MetricUnit.Count, holds ? 1 : 0];
}

/** Zeros are sent too: an alarm on the absence of Sent needs a metric that is there. */
function metricsOf({ outcome, report, retry, version, durationMs }: Outcome): readonly Metric[] {
  return [
    count('Sent', outcome === 'sent'),
    count('Skipped', outcome === 'skipped'),
    count('Failed', outcome === 'failed'),
    count('FailedForGood', outcome === 'failed' && retry === undefined),
    ['Duration', MetricUnit.Milliseconds, durationMs.total ?? 0],
    ...(report ? [['ReportSize', MetricUnit.Bytes, report.bytes] as const] : []),
    ...(version ? [count('Outdated', version.verdicts.includes('outdated'))] : []),
  ];
}

export interface RunMetrics {
  readonly metrics: Metrics;
  /** Adds the metrics of one run. */
  add(outcome: Outcome): void;
}

/** Powertools' metrics (EMF). */
export function createMetrics(): RunMetrics {
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: SERVICE });
  return {
    metrics,
    add(outcome) {
      const { environment, database } = outcome;
      if (environment !== undefined && database !== undefined) {
        metrics.addDimensions({ environment, database });
      }
      for (const [name, unit, value] of metricsOf(outcome)) metrics.addMetric(name, unit, value);
    },
  };
}
