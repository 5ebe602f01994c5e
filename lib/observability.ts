import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { RunError } from './errors.ts';
import type { Outcome } from './outcome.ts';

const SERVICE = 'timescaledb-telemetry';
const NAMESPACE = 'TimescaleDBTelemetry';

export interface Observability {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Writes the one summary line and the metrics of a run. */
  record(outcome: Outcome, error: RunError | undefined): void;
}

const LOG_METHOD = { INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

type Metric = readonly [
  name: string,
  unit: (typeof MetricUnit)[keyof typeof MetricUnit],
  value: number,
];

function count(name: string, holds: boolean): Metric {
  return [name, MetricUnit.Count, holds ? 1 : 0];
}

/** Zeros are sent too: an alarm on the absence of Sent needs a metric that is there. */
function metricsOf({ outcome, report, version, durationMs }: Outcome): readonly Metric[] {
  return [
    count('Sent', outcome === 'sent'),
    count('Skipped', outcome === 'skipped'),
    count('Failed', outcome === 'failed'),
    ['Duration', MetricUnit.Milliseconds, durationMs.total ?? 0],
    ...(report ? [['ReportSize', MetricUnit.Bytes, report.bytes] as const] : []),
    ...(version ? [count('Outdated', version.verdicts.includes('outdated'))] : []),
  ];
}

/** Powertools' logger (JSON) and metrics (EMF), and what a run leaves in them. */
export function createObservability(): Observability {
  const logger = new Logger({ serviceName: SERVICE });
  const metrics = new Metrics({ namespace: NAMESPACE, serviceName: SERVICE });

  return {
    logger,
    metrics,
    record(outcome, error) {
      const { severity, message, ...line } = outcome;
      const { environment, database } = line;
      if (error?.original !== undefined) {
        logger.debug('The error as it was thrown; it may name roles, databases and hosts.', {
          original: String(error.original),
        });
      }
      logger[LOG_METHOD[severity]](message, { ...line });
      if (environment !== undefined && database !== undefined) {
        metrics.addDimensions({ environment, database });
      }
      for (const [name, unit, value] of metricsOf(outcome)) metrics.addMetric(name, unit, value);
    },
  };
}
