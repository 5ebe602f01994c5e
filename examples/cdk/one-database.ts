import { App, Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { SingleDatabaseTelemetry } from 'timescaledb-telemetry/cdk';

const stack = new Stack(new App(), 'metrics');
new SingleDatabaseTelemetry(stack, 'Telemetry', {
  environment: 'prod',
  name: 'metrics',
  secret: Secret.fromSecretNameV2(stack, 'Reporter', 'prod/metrics/telemetry'),
});
