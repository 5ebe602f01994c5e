import { expect, test } from 'vitest';
import { PRODUCT, VERSION } from '../../lib/product.ts';
import packageJson from '../../package.json' with { type: 'json' };

test('the version in headers and application_name is the package version', () => {
  expect(VERSION).toBe(packageJson.version);
  expect(PRODUCT).toBe(`timescaledb-telemetry/${packageJson.version}`);
});
