import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { FleetCounts } from '../../fleet/fleet-state.ts';
import { type FleetMetricName, METRICS_NAMESPACE, SERVICE } from '../../naming.ts';
import type { FleetLine } from '../line.ts';

const COUNTS: Readonly<Record<FleetMetricName, Exclude<keyof FleetCounts, 'databases'>>> = {
  Silent: 'silent',
  Broken: 'broken',
  Vulnerable: 'vulnerable',
  Behind: 'behind',
  Withheld: 'withheld',
};

export interface FleetMetrics {
  /** Writes the metrics of one report, as one line of the log; nothing for a widget, or before the record was folded. */
  write(line: Pick<FleetLine, 'environment' | 'counts'>): void;
}

/** Creates Powertools' metrics (EMF) for the counts of an environment. */
export function createFleetMetrics(): FleetMetrics {
  const metrics = new Metrics({ namespace: METRICS_NAMESPACE, serviceName: SERVICE });
  return {
    write({ environment, counts }) {
      if (environment === undefined || counts === undefined) return;
      metrics.clearDefaultDimensions();
      metrics.setDefaultDimensions({ service: SERVICE, environment });
      for (const [name, count] of Object.entries(COUNTS)) {
        metrics.addMetric(name, MetricUnit.Count, counts[count].count);
      }
      metrics.publishStoredMetrics();
    },
  };
}
