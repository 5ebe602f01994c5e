import { defineEnvironment } from 'timescaledb-telemetry';

/**
 * A network without access to the internet: no report is sent, and versions are judged by an SSM parameter, which is read
 * at each deployment. The network needs an interface endpoint of Secrets Manager, and for the record a gateway endpoint of S3, which is
 * free; retries need an interface endpoint of EventBridge Scheduler, too. With `egress: 'none'` in the network it needs none of them: only the
 * function that connects to the database then runs in it.
 * Replace every id.
 */
export const environment = defineEnvironment({
  account: '111111111111',
  region: 'eu-central-1',
  alarmTopic: 'arn:aws:sns:eu-central-1:111111111111:database-alarms',
  networks: {
    main: {
      vpc: 'vpc-0a1b2c3d4e5f60718',
      subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1b2c3d4e5f60718'],
    },
  },
  delivery: {
    latestVersionParameter: '/timescaledb-telemetry/latest-version',
    // No report leaves the network, so databases with telemetry off may be judged, too.
    versionCheckWhenOff: true,
  },
  defaults: { network: 'main' },
  databases: [
    { name: 'metrics', secret: 'air-gapped/metrics/telemetry' },
    { name: 'orders', secret: 'air-gapped/orders/telemetry' },
  ],
});
