import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import { METRICS_NAMESPACE, type MetricName, SERVICE } from '../naming.ts';
import type { Outcome } from '../run/outcome.ts';
import type { Verdict } from '../version-check/judge-version.ts';

type Metric = readonly [
  name: MetricName,
  unit: (typeof MetricUnit)[keyof typeof MetricUnit],
  value: number,
];

function count(name: MetricName, holds: boolean): Metric {
  return [name, MetricUnit.Count, holds ? 1 : 0];
}

/** Whether a verdict requires an action. */
function isStep(code: Verdict['codes'][number]): boolean {
  return code !== 'up-to-date' && code !== 'ahead' && code !== 'unknown';
}

function behindOf({ versionsBehind }: NonNullable<Outcome['version']>): readonly Metric[] {
  return versionsBehind === undefined ? [] : [['VersionsBehind', MetricUnit.Count, versionsBehind]];
}

/** Returns the metrics of an outcome, also those that are 0: a sum over an environment needs a data point of every run. */
function metricsOf({
  outcome,
  report,
  retry,
  version,
  jobs,
  durationMs,
}: Outcome): readonly Metric[] {
  return [
    count('Completed', outcome !== 'failed'),
    count('Sent', outcome === 'sent'),
    count('Checked', outcome === 'checked'),
    count('Skipped', outcome === 'skipped'),
    count('Failed', outcome === 'failed'),
    count('FinalFailures', outcome === 'failed' && retry === undefined),
    ['Duration', MetricUnit.Milliseconds, durationMs.total ?? 0],
    ...(report ? [['ReportSize', MetricUnit.Bytes, report.bytes] as const] : []),
    ...(version
      ? [
          count('Outdated', version.verdicts.some(isStep)),
          count('UpdatePending', version.verdicts.includes('alter-extension')),
          count('KnownVulnerable', version.advisories !== undefined),
          count('JobsBroken', version.verdicts.includes('jobs-broken')),
          ...behindOf(version),
        ]
      : []),
    ...(jobs ? [['FailingJobs', MetricUnit.Count, jobs.failing] as const] : []),
  ];
}

export interface RunMetrics {
  /** Writes the metrics of one run, as one line of the log. */
  write(outcome: Outcome): void;
}

/**
 * Creates Powertools' metrics (EMF). Its middleware is not used: it warns about invocations without metrics, and a check
 * has none.
 *
 * @param settings METRICS is `environment` where no metric has the dimension `database`: CloudWatch bills each combination of
 *   dimensions
 */
export function createMetrics(
  settings: { readonly METRICS?: string | undefined } = {},
): RunMetrics {
  const perDatabase = settings.METRICS !== 'environment';
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: SERVICE });
  return {
    write(outcome) {
      const { environment, database } = outcome;
      if (environment !== undefined && database !== undefined) {
        metrics.clearDefaultDimensions();
        metrics.setDefaultDimensions({ service: SERVICE, environment });
        if (perDatabase) {
          // Per database and per environment: an alarm cannot add up the metrics of a thousand databases.
          metrics.addDimensions({});
          metrics.addDimensions({ database });
        } else metrics.addMetadata('database', database);
      }
      for (const [name, unit, value] of metricsOf(outcome)) metrics.addMetric(name, unit, value);
      metrics.publishStoredMetrics();
    },
  };
}
