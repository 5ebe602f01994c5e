import { defineEnvironment } from 'timescaledb-telemetry';

/**
 * Databases in private subnets, and no NAT gateway, proxy or endpoint: only the function that connects to a database runs in the
 * VPC, and the others invoke it. Replace every id.
 */
export const environment = defineEnvironment({
  account: '111111111111',
  region: 'eu-central-1',
  alarmTopic: 'arn:aws:sns:eu-central-1:111111111111:database-alarms',
  networks: {
    main: {
      // A security group is created in this VPC. It allows connections to the ports of the databases, and to no other port.
      vpc: 'vpc-0a1b2c3d4e5f60718',
      subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1b2c3d4e5f60718'],
      egress: 'none',
    },
  },
  defaults: { network: 'main' },
  databases: [
    { name: 'metrics', secret: 'prod/metrics/telemetry' },
    { name: 'orders', secret: 'prod/orders/telemetry', port: 5_433 },
  ],
});
