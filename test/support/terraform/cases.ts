import type { DatabaseSettings, EnvironmentSettings } from '../../../infra/config/environment.ts';
import { ADMINISTRATOR, arn } from './example.ts';
import type { ObjectValue } from './values.ts';

const KEY = arn('kms', 'key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9');
const OTHER_KEY = arn('kms', 'key/1a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9');
const TOPIC = arn('sns', 'alarms');

/** Inputs of the example, and the same settings of an environment for CDK. */
interface Case {
  readonly title: string;
  readonly inputs: ObjectValue;
  readonly database?: Partial<DatabaseSettings>;
  readonly environment?: Partial<EnvironmentSettings>;
}

const NETWORK = { subnets: ['subnet-0a1b2c3d', 'subnet-1a1b2c3d'] };

export const CASES: readonly Case[] = [
  { title: 'only the required inputs', inputs: {} },
  {
    title: 'every input',
    inputs: {
      secret_key_arn: KEY,
      configure: { secret_arn: ADMINISTRATOR, secret_key_arn: OTHER_KEY },
      target: {
        host: 'database.example.com',
        port: 6_543,
        database: 'metrics',
        levelWhenUnset: 'basic',
        sizes: 'estimated',
        tls: { mode: 'verify-ca', serverName: 'database.internal' },
      },
      delivery: { endpoint: 'https://collector.example.com/' },
      proxy: 'http://proxy.example.com:3128',
      do_not_track: true,
      tick_hours: 6,
      network: {
        vpc_id: 'vpc-0a1b2c3d',
        subnet_ids: NETWORK.subnets,
        database_ports: [5_432, 6_432],
      },
      record: { bucket: 'company-telemetry', prefix: 'telemetry/prod', key_arn: KEY },
      alarm_topic_arn: TOPIC,
      permissions_boundary: 'company-boundary',
      log_retention_days: 30,
      log_level: 'DEBUG',
    },
    database: {
      kmsKey: KEY,
      configure: { secret: ADMINISTRATOR, kmsKey: OTHER_KEY },
      host: 'database.example.com',
      port: 6_543,
      database: 'metrics',
      levelWhenUnset: 'basic',
      sizes: 'estimated',
      tls: { mode: 'verify-ca', serverName: 'database.internal' },
      doNotTrack: true,
      tickHours: 6,
      network: 'main',
    },
    environment: {
      delivery: {
        endpoint: 'https://collector.example.com/',
        proxy: 'http://proxy.example.com:3128',
      },
      networks: { main: { ...NETWORK, vpc: 'vpc-0a1b2c3d', databasePorts: [5_432, 6_432] } },
      record: { bucket: 'company-telemetry', prefix: 'telemetry/prod', kmsKey: KEY },
      fleet: false,
      alarmTopic: TOPIC,
      permissionsBoundary: 'company-boundary',
      logRetentionDays: 30,
      logLevel: 'DEBUG',
    },
  },
  {
    title: 'security groups of yours, a record without folder and key, and nothing sent',
    inputs: {
      delivery: { latestVersion: '2.30.1', versionCheckWhenOff: true },
      network: { security_group_ids: ['sg-0a1b2c3d'], subnet_ids: NETWORK.subnets },
      record: { bucket: 'company-telemetry' },
      permissions_boundary: null,
      tick_hours: 1,
    },
    database: { network: 'main', tickHours: 1 },
    environment: {
      delivery: { latestVersion: '2.30.1', versionCheckWhenOff: true },
      networks: { main: { ...NETWORK, securityGroups: ['sg-0a1b2c3d'] } },
      record: { bucket: 'company-telemetry' },
      fleet: false,
      permissionsBoundary: null,
    },
  },
  {
    title: 'a VPC without a way out',
    inputs: {
      secret_key_arn: KEY,
      configure: { secret_arn: ADMINISTRATOR, secret_key_arn: OTHER_KEY },
      target: { port: 6_543 },
      proxy: 'http://proxy.example.com:3128',
      network: { vpc_id: 'vpc-0a1b2c3d', subnet_ids: NETWORK.subnets, egress: 'none' },
      record: { bucket: 'company-telemetry', key_arn: KEY },
    },
    database: {
      kmsKey: KEY,
      configure: { secret: ADMINISTRATOR, kmsKey: OTHER_KEY },
      port: 6_543,
      proxy: 'http://proxy.example.com:3128',
      network: 'main',
    },
    environment: {
      networks: { main: { ...NETWORK, vpc: 'vpc-0a1b2c3d', egress: 'none' } },
      record: { bucket: 'company-telemetry', kmsKey: KEY },
      fleet: false,
    },
  },
  {
    title: 'security groups of yours without a way out',
    inputs: {
      network: {
        security_group_ids: ['sg-0a1b2c3d'],
        subnet_ids: NETWORK.subnets,
        egress: 'none',
      },
    },
    database: { network: 'main' },
    environment: {
      networks: { main: { ...NETWORK, securityGroups: ['sg-0a1b2c3d'], egress: 'none' } },
    },
  },
];
