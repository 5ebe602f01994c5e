import type { EnvironmentSettings } from '../../../infra/config/environment.ts';
import { ACCOUNT, aDatabase, REGION } from './synthesis.ts';

/** Number of stacks for a thousand databases. */
export const FLEET_STACKS = 32;

/** Returns an environment with many databases. One in ten has `configure`, and nine in ten are in a VPC. */
export function aFleet(databases: number, stacks: number): EnvironmentSettings {
  return {
    account: ACCOUNT,
    region: REGION,
    stacks,
    alarmTopic: `arn:aws:sns:${REGION}:${ACCOUNT}:database-alarms`,
    networks: {
      main: { vpc: 'vpc-0a1b2c3d4e5f60718', subnets: ['subnet-0a1b2c3d4e5f60718'] },
    },
    databases: Array.from({ length: databases }, (_, index) => {
      const name = `a-database-with-a-name-of-some-length-${index}`;
      return aDatabase(name, {
        network: index % 10 === 1 ? null : 'main',
        kmsKey: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
        ...(index % 10 === 0 && { configure: { secret: `test/${name}/administrator` } }),
      });
    }),
  };
}
