import { defineEnvironment } from '../config/environment.ts';

/** A small fleet in a VPC, with what one may want to set, once each. Replace every id. */
export const environment = defineEnvironment({
  account: '333333333333',
  region: 'eu-central-1',
  alarmTopic: 'arn:aws:sns:eu-central-1:333333333333:database-alarms',
  stacks: 4,
  networks: {
    // The functions get a security group here, which lets out to the databases' ports and 443.
    main: {
      vpc: 'vpc-0a1b2c3d4e5f60718',
      subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1b2c3d4e5f60718'],
    },
    // With rules of your own.
    warehouse: {
      subnets: ['subnet-0c1b2c3d4e5f60718'],
      securityGroups: ['sg-0a1b2c3d4e5f60718'],
    },
  },
  defaults: { network: 'main' },
  databases: [
    { name: 'metrics', secret: 'prod/metrics/telemetry' },
    {
      name: 'metrics-archive',
      secret: 'prod/metrics-archive/telemetry',
      // Tens of thousands of chunks: no user relation is opened.
      sizes: 'estimated',
    },
    {
      name: 'orders',
      secret:
        'arn:aws:secretsmanager:eu-central-1:333333333333:secret:prod/orders/telemetry-AbCdEf',
      kmsKey: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
      configure: {
        secret: 'prod/orders/administrator',
        kmsKey: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
      },
    },
    {
      name: 'warehouse',
      secret: 'prod/warehouse/telemetry',
      network: 'warehouse',
      // Hourly, so that a job that is set to run every hour does.
      tickHours: 1,
    },
    {
      // A vendor's cloud, over the internet.
      name: 'vendor',
      secret: 'prod/vendor/telemetry',
      network: null,
      levelWhenUnset: 'no_functions',
    },
  ],
});
