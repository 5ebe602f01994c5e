import { App } from 'aws-cdk-lib';
import { TelemetryEnvironment } from 'timescaledb-telemetry/cdk';

new TelemetryEnvironment(new App(), 'prod', {
  account: '333333333333',
  region: 'eu-central-1',
  databases: [
    { name: 'metrics', secret: 'prod/metrics/telemetry' },
    { name: 'orders', secret: 'prod/orders/telemetry' },
  ],
});
