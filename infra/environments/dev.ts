import { defineEnvironment } from '../config/environment.ts';

/** The least there can be: one database that the functions reach without a VPC. Replace account, region and secret. */
export const environment = defineEnvironment({
  account: '111111111111',
  region: 'eu-central-1',
  logRetentionDays: 30,
  databases: [{ name: 'metrics', secret: 'dev/metrics/telemetry' }],
});
