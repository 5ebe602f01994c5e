import { describe, expect, test } from 'vitest';
import type { Facts } from '../../lib/facts.ts';
import { judge } from '../../lib/versions.ts';
import { aServer } from '../support/facts.ts';

const INSTALLED: Facts = aServer({ installedVersion: '2.23.0', availableVersion: '2.24.0' });
const VERSIONS = {
  installed: '2.23.0',
  available: '2.24.0',
  advisories: ['GHSA-hcfx-29v5-2rcw', 'GHSA-vgp2-jj5c-828m'],
};
const UP_TO_DATE = 'the "timescaledb" extension is up-to-date';
const HINT =
  'The report was sent. What answered may be a proxy, or the endpoint may have changed its reply.';
const MALFORMED = {
  code: 'unknown',
  message: 'malformed telemetry response body',
  hint: HINT,
  ...VERSIONS,
};

function judgeBytes(body: Uint8Array, facts: Facts = INSTALLED) {
  return judge({ body }, facts);
}

function judgeText(text: string, facts: Facts = INSTALLED) {
  return judgeBytes(new TextEncoder().encode(text), facts);
}

function judgeVersion(latest: unknown, installedVersion = '2.23.0') {
  const reply = JSON.stringify({ current_timescaledb_version: latest, is_up_to_date: false });
  return judgeText(reply, { ...INSTALLED, installedVersion });
}

describe('up to date', () => {
  test.each([
    '{"is_up_to_date": true}',
    '{"is_up_to_date": "true"}',
    '{"is_up_to_date": true, "current_timescaledb_version": "\\u001b[31m is not read"}',
    '{"is_up_to_date": false, "is_up_to_date": true}',
    ' {"is_up_to_date": true, "others": {"are": "ignored"}}\r\n',
  ])('is what the server says: %s', (text) => {
    expect(judgeText(text)).toStrictEqual({
      code: 'up-to-date',
      message: UP_TO_DATE,
      ...VERSIONS,
    });
  });

  test.each([
    ['2.23.0', '2.23.0'],
    ['2.23.0-dev', '2.23.0-dev'],
  ])('is also %s when the server names the same', (installed, latest) => {
    expect(judgeVersion(latest, installed)).toStrictEqual({
      code: 'up-to-date',
      message: UP_TO_DATE,
      ...VERSIONS,
      installed,
      latest,
    });
  });
});

describe('outdated', () => {
  test("is said in the extension's own words", () => {
    expect(judgeVersion('2.29.2')).toStrictEqual({
      code: 'outdated',
      message: 'the "timescaledb" extension is not up-to-date',
      hint: 'The most up-to-date version is 2.29.2, the installed version is 2.23.0.',
      ...VERSIONS,
      latest: '2.29.2',
    });
  });

  test.each([
    ['2.9.0', '2.23.0'],
    ['2.23.0', '2.23.1'],
    ['2.23.0-dev', '2.23.0'],
    ['2.23.0-dev', '2.23.0-rc1'],
    ['2.23.0', '10.0.0'],
  ])('is %s when the server names %s', (installed, latest) => {
    expect(judgeVersion(latest, installed)).toMatchObject({ code: 'outdated', latest });
  });

  test.each(['false', '"false"', '"TRUE"', '" true"', '1', '0', '""', '[true]', '{"true": true}'])(
    'is what is_up_to_date of %s leads to: it is text, and only "true" is true',
    (value) => {
      const reply = `{"is_up_to_date": ${value}, "current_timescaledb_version": "2.29.2"}`;
      expect(judgeText(reply).code).toBe('outdated');
    },
  );

  test('says null for a version that is not on the disk', () => {
    const reply = '{"is_up_to_date": false, "current_timescaledb_version": "2.29.2"}';
    expect(judgeText(reply, { ...INSTALLED, availableVersion: null }).available).toBeNull();
  });
});

describe('ahead: a downgrade is never suggested', () => {
  test('and the hint says that nothing is to be done', () => {
    expect(judgeVersion('2.22.1')).toStrictEqual({
      code: 'ahead',
      message:
        'the installed "timescaledb" extension is newer than the newest version that the ' +
        'telemetry endpoint knows',
      hint: 'The endpoint named 2.22.1, the installed version is 2.23.0; nothing is to be done.',
      ...VERSIONS,
      latest: '2.22.1',
    });
  });

  test.each([
    ['2.23.0', '2.9.1'],
    ['2.23.1', '2.23.0'],
    ['2.23.0', '2.23.0-rc1'],
    ['2.23.0-dev', '2.22.9'],
    ['10.0.0', '9.99.99'],
  ])('%s when the server names %s', (installed, latest) => {
    expect(judgeVersion(latest, installed)).toMatchObject({ code: 'ahead', latest });
  });

  test.each(['2.9', '2', '1.7.5.1'])('an older version in another form, such as %s', (latest) => {
    const { code, hint } = judgeVersion(latest);
    expect(code).toBe('ahead');
    expect(hint).not.toContain('most up-to-date');
  });
});

describe('a version text that is none', () => {
  const reasonOf = (latest: unknown): string => {
    const { code, message, ...rest } = judgeVersion(latest);
    expect(rest).toStrictEqual({ hint: HINT, ...VERSIONS });
    expect(code).toBe('unknown');
    return message;
  };
  const PREFIX = 'server did not return a valid TimescaleDB version: ';

  test.each([[undefined], [null], ['']])('%j: no version string in response', (latest) => {
    expect(reasonOf(latest)).toBe(`${PREFIX}no version string in response`);
  });

  test('of 128 bytes is still one, of 129 is too long', () => {
    const longest = `2.29.2-${'x'.repeat(121)}`;
    expect(judgeVersion(longest)).toMatchObject({ code: 'outdated', latest: longest });
    expect(reasonOf(`${longest}x`)).toBe(`${PREFIX}version string is too long`);
  });

  test('is too long by bytes, not by characters', () => {
    expect(reasonOf('ü'.repeat(64))).toBe(`${PREFIX}version string has invalid characters`);
    expect(reasonOf('ü'.repeat(65))).toBe(`${PREFIX}version string is too long`);
  });

  test.each([
    '2.29.2+build',
    '2.29.2@here',
    '2.29.2 ',
    ' 2.29.2',
    '2.29.2\n',
    '2.29.2\r\nforged: line',
    '2.29.2\t',
    '\u001b[31m2.29.2',
    '2.29.2\0',
    '2_29',
    '2.29.2/..',
    '"2.29.2"',
    '٢.٢٩.٢',
    [2, 29, 2],
    { version: '2.29.2' },
  ])('%j has invalid characters and is not repeated', (latest) => {
    expect(reasonOf(latest)).toBe(`${PREFIX}version string has invalid characters`);
  });

  test('a number or boolean in its place is read as text', () => {
    expect(reasonOf(1e21)).toBe(`${PREFIX}version string has invalid characters`);
    expect(judgeVersion(2029)).toHaveProperty('latest', '2029');
    expect(judgeVersion(true)).toHaveProperty('latest', 'true');
  });
});

describe('a reply that is malformed', () => {
  test.each([
    '',
    ' ',
    'is_up_to_date',
    '{"is_up_to_date": true',
    '{"is_up_to_date": true}}',
    "{'is_up_to_date': true}",
    '{"is_up_to_date": true,}',
    '<html><body>502</body></html>',
    'null',
    'true',
    '"true"',
    '1',
    '[]',
    '[{"is_up_to_date": true}]',
    '{}',
    '{"is_up_to_date": null}',
    '{"is_up_to_date": null, "current_timescaledb_version": "2.29.2"}',
    '{"current_timescaledb_version": "2.29.2"}',
    '{"IS_UP_TO_DATE": true}',
  ])('%j', (text) => {
    expect(judgeText(text)).toStrictEqual(MALFORMED);
  });

  test.each([
    '{"__proto__": {"is_up_to_date": true}}',
    '{"constructor": {"prototype": {"is_up_to_date": true}}}',
  ])('%s inherits nothing, and pollutes nothing', (text) => {
    expect(judgeText(text)).toStrictEqual(MALFORMED);
    expect(judgeText('{}')).toStrictEqual(MALFORMED);
  });

  test.each([
    ['a byte that is not UTF-8', [0xff]],
    ['half a character', [0xc3]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
  ])('with %s', (_what, bytes) => {
    const head = new TextEncoder().encode('{"is_up_to_date": true, "x": "');
    expect(judgeBytes(Buffer.concat([head, Buffer.from('"}')])).code).toBe('up-to-date');
    const body = Buffer.concat([head, Uint8Array.from(bytes), Buffer.from('"}')]);
    expect(judgeBytes(body)).toStrictEqual(MALFORMED);
  });

  test('with a byte order mark, which JSON does not have', () => {
    expect(judgeText('\ufeff{"is_up_to_date": true}')).toStrictEqual(MALFORMED);
  });

  test('in UTF-16', () => {
    const body = Buffer.from('{"is_up_to_date": true}', 'utf16le');
    expect(judgeBytes(body)).toStrictEqual(MALFORMED);
  });
});

test.each(['too large', 'too slow', 'broken off'] as const)(
  'a reply that was %s is a note, and no verdict',
  (unreadable) => {
    expect(judge({ unreadable }, INSTALLED)).toStrictEqual({
      code: 'unknown',
      message: `telemetry error: incomplete HTTP response (${unreadable})`,
      hint: HINT,
      ...VERSIONS,
    });
  },
);
