import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../lib/config/send-report-config.ts';
import { parseTarget } from '../../../lib/config/target.ts';
import { errorOf, SMALLEST, settingsError, TARGET } from './parse-settings.ts';

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

test.each([
  [{ PGREPLICATION: 'database' }, 'PGREPLICATION: is set'],
  [
    { NODE_USE_ENV_PROXY: '1', DELIVERY: '{"endpoint":"http://127.0.0.1:1/"}' },
    'DELIVERY endpoint: is http:, and a proxy',
  ],
])('rejects %j, which would weaken the security of a run', (dangerous, problem) => {
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
