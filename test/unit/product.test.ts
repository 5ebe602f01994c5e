import { expect, test } from 'vitest';
import { PRODUCT, VERSION } from '../../lib/product.ts';
import packageJson from '../../package.json' with { type: 'json' };

test('uses the version of package.json in headers and application_name', () => {
  expect(VERSION).toBe(packageJson.version);
  expect(PRODUCT).toBe(`timescaledb-telemetry/${packageJson.version}`);
});
