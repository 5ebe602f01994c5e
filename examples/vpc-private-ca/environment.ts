import { defineEnvironment } from 'timescaledb-telemetry';

/** Databases in a VPC, with certificates of a private certificate authority. Replace every id and private-ca.pem. */
export const environment = defineEnvironment({
  account: '111111111111',
  region: 'eu-central-1',
  alarmTopic: 'arn:aws:sns:eu-central-1:111111111111:database-alarms',
  networks: {
    main: {
      // A security group is created in this VPC. It allows connections to port 443 and to the ports of the databases.
      vpc: 'vpc-0a1b2c3d4e5f60718',
      subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1b2c3d4e5f60718'],
    },
  },
  defaults: {
    network: 'main',
    // The path is relative to this file.
    tls: { caFile: 'private-ca.pem' },
  },
  databases: [
    { name: 'metrics', secret: 'prod/metrics/telemetry' },
    {
      // Reached by its address; the certificate has another name.
      name: 'warehouse',
      secret: 'prod/warehouse/telemetry',
      host: '10.0.12.7',
      tls: { caFile: 'private-ca.pem', serverName: 'warehouse.internal' },
    },
  ],
});
