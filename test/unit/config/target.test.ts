import { describe, expect, test } from 'vitest';
import {
  parseEvent,
  parseSettings,
  type Settings,
} from '../../../lib/config/send-report-config.ts';
import { parseTarget } from '../../../lib/config/target.ts';
import { RunError } from '../../../lib/errors.ts';

const SMALLEST = { name: 'orders', environment: 'prod', secretId: 'orders/telemetry' };
const TARGET = JSON.stringify(SMALLEST);

function errorOf(action: () => unknown): RunError {
  try {
    action();
  } catch (error) {
    if (error instanceof RunError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

function settingsError(settings: Settings): RunError {
  return errorOf(() => parseSettings(settings));
}

describe('valid settings', () => {
  test('require only name, environment and secret, and have strict defaults', () => {
    expect(parseSettings({ TARGET, DELIVERY: '{}' })).toStrictEqual({
      target: {
        ...SMALLEST,
        tls: { mode: 'verify-full' },
        levelWhenUnset: 'off',
        reportSource: 'catalog',
        sizes: 'exact',
        tickHours: 24,
      },
      delivery: { endpoint: 'https://telemetry.timescale.com/v1/metrics' },
    });
  });

  test('keep every given value', () => {
    const target = {
      ...SMALLEST,
      host: 'db.internal',
      port: 65_535,
      database: 'tsdb',
      tls: { mode: 'verify-ca', caFile: 'ca.pem', serverName: 'db.example.com' },
      levelWhenUnset: 'no_functions',
      reportSource: 'catalog',
      sizes: 'estimated',
      tickHours: 6,
      versionData: 'version-data.json',
    };
    expect(parseTarget({ TARGET: JSON.stringify(target) })).toStrictEqual(target);
  });

  test('have the strict TLS mode when TLS options have no mode', () => {
    const { tls } = parseTarget({
      TARGET: JSON.stringify({ ...SMALLEST, tls: { caFile: 'ca.pem' } }),
    });
    expect(tls).toStrictEqual({ mode: 'verify-full', caFile: 'ca.pem' });
  });

  test.each([1, 2, 3, 4, 6, 8, 12, 24])('may have a tick of %i hours', (tickHours) => {
    expect(parseTarget({ TARGET: JSON.stringify({ ...SMALLEST, tickHours }) }).tickHours).toBe(
      tickHours,
    );
  });

  test('may have any NODE_TLS_REJECT_UNAUTHORIZED other than 0', () => {
    const settings = { TARGET, DELIVERY: '{}', NODE_TLS_REJECT_UNAUTHORIZED: '1' };
    expect(parseSettings(settings).target.name).toBe('orders');
  });
});

describe('invalid settings', () => {
  test('combine estimated sizes with reportSource function', () => {
    const target = { ...SMALLEST, reportSource: 'function', sizes: 'estimated' };
    expect(settingsError({ TARGET: JSON.stringify(target), DELIVERY: '{}' }).message).toContain(
      "TARGET: sizes 'estimated' excludes reportSource 'function'",
    );
  });

  const NAME =
    'must be 1 to 63 letters, digits, dots, hyphens or underscores, the first a letter or digit';
  const ENDPOINT =
    'must be an https:// URL without credentials or fragment (http:// on loopback only)';

  test('have one error with every problem of TARGET, DELIVERY and Node', () => {
    const target = {
      name: 'two words',
      environment: '',
      secretId: '',
      host: '',
      port: 0,
      database: '',
      tls: { mode: 'prefer', caFile: '', serverName: '', verify: true },
      levelWhenUnset: 'Basic',
      reportSource: 'mine',
      sizes: 'guessed',
      versionData: '',
      tickHours: 5,
      hots: 'a typo',
      user: 'of the secret',
    };
    const error = settingsError({
      TARGET: JSON.stringify(target),
      DELIVERY: JSON.stringify({ endpoint: 'ftp://example.com', also: 'this' }),
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
    });
    const problems = [
      `TARGET name: ${NAME}`,
      `TARGET environment: ${NAME}`,
      'TARGET secretId: must not be empty',
      'TARGET host: must not be empty',
      'TARGET port: must be at least 1',
      'TARGET database: must not be empty',
      'TARGET tls.mode: must be one of "verify-full", "verify-ca", "disable"',
      'TARGET tls.caFile: must not be empty',
      'TARGET tls.serverName: must not be empty',
      'TARGET tls: unknown key "verify"',
      'TARGET levelWhenUnset: must be one of "off", "no_functions", "basic" (did you mean "basic"?)',
      'TARGET reportSource: must be one of "catalog", "function"',
      'TARGET sizes: must be one of "exact", "estimated"',
      'TARGET tickHours: must be one of 1, 2, 3, 4, 6, 8, 12, 24',
      'TARGET versionData: must not be empty',
      'TARGET: unknown keys "hots" (did you mean "host"?), "user"',
      `DELIVERY endpoint: ${ENDPOINT}`,
      'DELIVERY: unknown key "also"',
      'NODE_TLS_REJECT_UNAUTHORIZED: is 0, which turns off certificate verification; remove it',
    ];
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', retryable: false });
    expect(error.remedy).toContain("function's environment");
    expect(error.message).toContain(`has ${problems.length} problems: `);
    for (const problem of problems) expect(error.message).toContain(problem);
  });

  test.each([
    ['name', 7, 'TARGET name: must be a string'],
    ['name', undefined, 'TARGET name: is required'],
    ['environment', null, 'TARGET environment: must be a string'],
    ['secretId', undefined, 'TARGET secretId: is required'],
    ['port', '5432', 'TARGET port: must be a number'],
    ['port', 5432.5, 'TARGET port: must be a whole number'],
    ['port', 65_536, 'TARGET port: must be at most 65535'],
    ['tls', 'verify-full', 'TARGET tls: must be an object'],
    ['tickHours', '24', 'TARGET tickHours: must be one of'],
  ])('have %s: %j', (key, value, problem) => {
    const error = errorOf(() =>
      parseTarget({ TARGET: JSON.stringify({ ...SMALLEST, [key]: value }) }),
    );
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`has a problem: ${problem}`);
  });

  test.each([
    [undefined, 'is not set'],
    ['', 'is not set'],
    ['{"name": "orders"', 'is not JSON'],
    ['orders', 'is not JSON'],
    ['null', 'must be an object, not null'],
    ['[]', 'must be an object, not an array'],
    ['"orders"', 'must be an object, not a string'],
  ])('are %j instead of the JSON of an object', (text, problem) => {
    const error = settingsError({ TARGET: text, DELIVERY: text });
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', retryable: false });
    expect(error.message).toContain('has 2 problems: ');
    expect(error.message).toContain(`TARGET: ${problem}`);
    expect(error.message).toContain(`DELIVERY: ${problem}`);
    expect(errorOf(() => parseTarget({ TARGET: text })).message).toContain(
      `has a problem: TARGET: ${problem}`,
    );
  });

  test('turn off certificate verification', () => {
    const error = settingsError({ TARGET, DELIVERY: '{}', NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('has a problem: NODE_TLS_REJECT_UNAUTHORIZED: is 0');
  });

  test('have the unknown key __proto__', () => {
    const text = `{"__proto__": {"host": "elsewhere"}, ${TARGET.slice(1)}`;
    expect(errorOf(() => parseTarget({ TARGET: text })).message).toContain(
      'unknown key "__proto__"',
    );
  });
});

describe('names', () => {
  test.each(['a', '7', 'Prod-EU.orders_2', 'x'.repeat(63)])('%j is valid', (name) => {
    const { environment, ...target } = parseTarget({
      TARGET: JSON.stringify({ ...SMALLEST, name, environment: name }),
    });
    expect([target.name, environment]).toStrictEqual([name, name]);
  });

  test.each([
    '',
    'x'.repeat(64),
    '-first',
    '.first',
    '_first',
    'two words',
    'line\nbreak',
    'trailing\n',
    'carriage\rreturn',
    'nul\0',
    'escape\u001b[31m',
    'quote"',
    'back\\slash',
    'slash/',
    'brace{}',
    'percent%',
    'ümlaut',
    'right\u202eto-left',
  ])('%j is invalid, because it is too long or could forge a log line', (name) => {
    for (const key of ['name', 'environment']) {
      const error = errorOf(() =>
        parseTarget({ TARGET: JSON.stringify({ ...SMALLEST, [key]: name }) }),
      );
      expect(error.code).toBe('CONFIG_INVALID');
      expect(error.message).toContain(`has a problem: TARGET ${key}: must be 1 to 63 letters`);
      if (name !== '') expect(error.message).not.toContain(name);
    }
  });
});

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

describe('the event', () => {
  test.each([undefined, null, {}])('%j means now', (event) => {
    expect(parseEvent(event)).toStrictEqual({});
  });

  test.each([
    { scheduledTime: '2026-11-22T04:05:00Z' },
    { scheduledTime: '2026-11-22T05:05:00.123+01:00', attempt: 0 },
    { scheduledTime: '2026-11-22T04:05:00Z', attempt: 3 },
    { ignoreSchedule: true },
    { ignoreSchedule: false },
  ])('%j is valid', (event) => {
    expect(parseEvent(event)).toStrictEqual(event);
  });

  const TIME = 'event scheduledTime: must be an ISO 8601 time such as 2026-11-22T04:05:00Z';
  test.each([
    ['{}', 'event: must be an object, not a string'],
    [[], 'event: must be an object, not an array'],
    [0, 'event: must be an object, not a number'],
    [{ scheduledTime: '<aws.scheduler.scheduled-time>' }, TIME],
    [{ scheduledTime: '2026-11-22' }, TIME],
    [{ scheduledTime: '2026-11-22T04:05:00' }, TIME],
    [{ scheduledTime: '2026-02-30T04:05:00Z' }, TIME],
    [{ scheduledTime: 1_795_320_300 }, TIME],
    [{ attempt: -1 }, 'event attempt: must be at least 0'],
    [{ attempt: 0.5 }, 'event attempt: must be a whole number'],
    [{ attempt: '1' }, 'event attempt: must be a number'],
    [{ ignoreSchedule: 'yes' }, 'event ignoreSchedule: must be true or false'],
    [{ ignoreConsent: true }, 'event: unknown key "ignoreConsent"'],
  ])('%j is invalid', (event, problem) => {
    const error = errorOf(() => parseEvent(event));
    expect(error).toMatchObject({ code: 'EVENT_INVALID', retryable: false });
    expect(error.message).toContain(`The event is invalid: ${problem}`);
    expect(error.remedy).toContain('Nothing was read or sent.');
  });

  test('has one error with all its problems', () => {
    const event = { scheduledTime: 'tomorrow', attempt: -1, ignoreSchedule: 1, more: true };
    const { message } = errorOf(() => parseEvent(event));
    for (const key of ['scheduledTime:', 'attempt:', 'ignoreSchedule:', '"more"']) {
      expect(message).toContain(key);
    }
  });
});

test.each([
  [{ PGREPLICATION: 'database' }, 'PGREPLICATION: is set'],
  [
    { NODE_USE_ENV_PROXY: '1', DELIVERY: '{"endpoint":"http://127.0.0.1:1/"}' },
    'DELIVERY endpoint: is http:, and a proxy',
  ],
])('%j is rejected, because it would break a promise', (dangerous, problem) => {
  const settings = { TARGET: JSON.stringify(SMALLEST), DELIVERY: '{}', ...dangerous };
  expect(errorOf(() => parseSettings(settings)).message).toContain(problem);
  expect(() => parseSettings({ ...settings, DELIVERY: '{}', PGREPLICATION: '' })).not.toThrow();
});

test('tls.mode disable excludes the options of verification', () => {
  const tls = { mode: 'disable', serverName: 'db.example.com' };
  const error = errorOf(() => parseTarget({ TARGET: JSON.stringify({ ...SMALLEST, tls }) }));
  expect(error.message).toContain(
    "TARGET tls: caFile and serverName have no effect with the mode 'disable'",
  );
});
