import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { settingsError, TARGET } from './parse-settings.ts';

describe('the endpoint', () => {
  test.each([
    'https://telemetry.timescale.com/v1/metrics',
    'https://10.0.0.7:8443/collect?key=1',
    'http://localhost:8080/v1/metrics',
    'http://127.0.0.1:8080/v1/metrics',
    'http://127.255.3.4/',
    'http://[::1]:8080/v1/metrics',
  ])('may be %s', (endpoint) => {
    const { delivery } = parseSettings({ TARGET, DELIVERY: JSON.stringify({ endpoint }) });
    expect(delivery).toStrictEqual({ endpoint });
  });

  test.each([
    'http://telemetry.timescale.com/v1/metrics',
    'http://10.0.0.7/',
    'http://128.0.0.1/',
    'http://0.0.0.0/',
    'http://[::2]/',
    'http://[::ffff:127.0.0.1]/',
    'http://notlocalhost/',
    'http://orders.localhost/',
    'http://localhost.example.com/',
    'http://127.0.0.1.example.com/',
    'http://example.com/127.0.0.1',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://:password@example.com/',
    'http://user@localhost/',
    'https://example.com/#fragment',
    'ftp://localhost/',
    'file:///etc/passwd',
    'telemetry.timescale.com',
    'https://',
    '',
  ])('may not be %j', (endpoint) => {
    const error = settingsError({ TARGET, DELIVERY: JSON.stringify({ endpoint }) });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('has a problem: DELIVERY endpoint: must be an https:// URL');
  });
});

describe('latestVersion', () => {
  const parsed = (delivery: object) =>
    parseSettings({ TARGET, DELIVERY: JSON.stringify(delivery) }).delivery;
  const messageOf = (delivery: object): string =>
    settingsError({ TARGET, DELIVERY: JSON.stringify(delivery) }).message;

  test('replaces the endpoint', () => {
    expect(parsed({ latestVersion: '2.30.1' })).toStrictEqual({
      latestVersion: '2.30.1',
      whenOff: false,
    });
    expect(parsed({ latestVersion: '2.31.0-rc1', versionCheckWhenOff: true })).toStrictEqual({
      latestVersion: '2.31.0-rc1',
      whenOff: true,
    });
  });

  test.each(['', '2', 'newest', 'v2.30.1', '2.30.1.4', '2.30.1 '])(
    'may not be %j',
    (latestVersion) => {
      expect(messageOf({ latestVersion })).toContain(
        'DELIVERY latestVersion: must be a version of TimescaleDB, such as 2.30.1',
      );
    },
  );

  test('excludes an endpoint', () => {
    const endpoint = 'https://collector.example.com/';
    expect(messageOf({ endpoint, latestVersion: '2.30.1' })).toContain(
      'DELIVERY: endpoint and latestVersion exclude each other',
    );
  });

  test.each([{}, { endpoint: 'https://collector.example.com/' }])(
    'is required by versionCheckWhenOff: %j',
    (delivery) => {
      expect(messageOf({ ...delivery, versionCheckWhenOff: true })).toContain(
        'DELIVERY: versionCheckWhenOff requires latestVersion',
      );
      expect(() => parsed({ ...delivery, versionCheckWhenOff: false })).not.toThrow();
    },
  );
});
