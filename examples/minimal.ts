import { defineEnvironment } from 'timescaledb-telemetry';

/** One database that is reachable from the internet. Replace account, region and secret. */
export const environment = defineEnvironment({
  account: '111111111111',
  region: 'eu-central-1',
  databases: [{ name: 'metrics', secret: 'prod/metrics/telemetry' }],
});
