/** The text of `examples/smoke.ts`, which the package does not contain. A test compares them. */
export const TEMPLATE = `import { defineEnvironment } from 'timescaledb-telemetry';

/**
 * A trial in your account: the command \`smoke\` deploys it, looks at the results, and deletes it. Use two databases with consent, and
 * an endpoint of your own that answers 200 with \`{}\`. Replace every id.
 */
export const environment = defineEnvironment({
  account: '111111111111',
  region: 'eu-central-1',
  delivery: { endpoint: 'https://telemetry-test.example.com/v1/metrics' },
  networks: {
    main: {
      subnets: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1b2c3d4e5f60718'],
      // It must be allowed in the security group of the database already.
      securityGroups: ['sg-0a1b2c3d4e5f60718'],
    },
  },
  databases: [
    // Reached from the internet.
    { name: 'outside', secret: 'smoke/outside/telemetry' },
    // Reached in the VPC only. A server built without telemetry needs levelWhenUnset: 'basic'.
    { name: 'inside', secret: 'smoke/inside/telemetry', network: 'main' },
  ],
});
`;
