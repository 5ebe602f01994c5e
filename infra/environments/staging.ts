import { defineEnvironment } from '../config/environment.ts';

/** As production is, with shorter ticks, and what a database built without telemetry needs. Replace every id. */
export const environment = defineEnvironment({
  account: '222222222222',
  region: 'eu-central-1',
  alarmTopic: 'arn:aws:sns:eu-central-1:222222222222:database-alarms',
  networks: {
    main: { vpc: 'vpc-0a1b2c3d4e5f60718', subnets: ['subnet-0a1b2c3d4e5f60718'] },
  },
  defaults: { network: 'main', tickHours: 6 },
  databases: [
    { name: 'metrics', secret: 'staging/metrics/telemetry' },
    {
      name: 'events',
      secret: 'staging/events/telemetry',
      // Its server is a build without telemetry, so that nobody else can say yes for it.
      levelWhenUnset: 'basic',
      configure: { secret: 'staging/events/administrator' },
    },
  ],
});
