import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import type { Target } from '../../../lib/config/target.ts';
import { parse, RDS, TARGET } from './secrets.ts';

const PLACED: Target = { ...TARGET, host: 'target.example.com', database: 'target_db' };

const { cert: CA } = await generate([{ name: 'commonName', value: 'An authority' }], {
  keyType: 'ec',
  algorithm: 'sha256',
});

describe('a valid secret', () => {
  test('in the RDS shape has all parts, and may have unknown keys', () => {
    expect(parse(RDS)).toStrictEqual({
      versionId: 'v1',
      host: 'db.example.com',
      port: 6432,
      user: 'reporter',
      password: 'p@ss',
      database: 'tsdb',
      ca: undefined,
    });
  });

  test('in the managed shape has user and password, and the target has the rest', () => {
    expect(parse({ username: 'reporter', password: 'p@ss' }, PLACED)).toStrictEqual({
      versionId: 'v1',
      host: 'target.example.com',
      port: 5432,
      user: 'reporter',
      password: 'p@ss',
      database: 'target_db',
      ca: undefined,
    });
  });

  test.each(['postgres', 'postgresql'])('may be a %s:// URL, which is percent-decoded', (it) => {
    const url = `${it}://re%40porter:p%3Ass%25%2F%C3%BC@db.example.com:6432/ts%20db?sslmode=require`;
    expect(parse(` ${url}\n`)).toStrictEqual({
      versionId: 'v1',
      host: 'db.example.com',
      port: 6432,
      user: 're@porter',
      password: 'p:ss%/ü',
      database: 'ts db',
      ca: undefined,
    });
  });

  test('may be a URL with an IPv6 address, whose brackets are removed', () => {
    expect(parse('postgres://u:p@[2001:db8::7]/tsdb')).toMatchObject({
      host: '2001:db8::7',
      port: 5432,
    });
  });

  test('may be a URL without port or database, when the target has the rest', () => {
    expect(parse('postgres://u:p@h', PLACED)).toMatchObject({
      host: 'target.example.com',
      port: 5432,
      database: 'target_db',
    });
    expect(parse('postgres://u:p@h/', { ...TARGET, database: 'd' })).toMatchObject({
      host: 'h',
      database: 'd',
    });
  });

  test.each([
    ['the RDS shape', JSON.stringify(RDS)],
    ['a URL', 'postgres://u:p@db.example.com:6432/tsdb'],
  ])('is overridden by the target: %s', (_shape, text) => {
    expect(parse(text, { ...PLACED, port: 7432 })).toMatchObject({
      host: 'target.example.com',
      port: 7432,
      database: 'target_db',
    });
  });

  test('may have the port as a string, as older RDS secrets do', () => {
    expect(parse({ ...RDS, port: '5433' }).port).toBe(5433);
  });

  test.each([null, '', ' \n'])(
    'may have %j for a part that the instance does not have',
    (nothing) => {
      const blank = { host: nothing, port: nothing, dbname: nothing, ca: nothing };
      expect(parse({ ...RDS, ...blank }, PLACED)).toMatchObject({
        host: 'target.example.com',
        port: 5432,
        database: 'target_db',
        ca: undefined,
      });
    },
  );

  test.each([
    [' db.example.com\n', 'db.example.com'],
    ['[2001:db8::7]', '2001:db8::7'],
    [' [::1] ', '::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['db.example.com.', 'db.example.com.'],
    ['my_db', 'my_db'],
    ['/var/run/postgresql', '/var/run/postgresql'],
  ])('may have the host %j, which is read as %j', (host, meant) => {
    expect(parse({ ...RDS, host }).host).toBe(meant);
  });

  test('may have white space around the port', () => {
    expect(parse({ ...RDS, port: ' 5433 ' }).port).toBe(5433);
  });

  test('may be JSON with a value that looks like a URL', () => {
    expect(parse({ ...RDS, password: 'postgres://x' }).password).toBe('postgres://x');
  });

  test('may contain the certificate authority', () => {
    expect(parse({ ...RDS, ca: CA }).ca).toBe(CA);
  });

  test.each(['require', 'prefer', 'verify-full'])('may be a URL with sslmode=%s', (mode) => {
    expect(parse(`postgres://u:p@h/d?sslmode=${mode}`).database).toBe('d');
  });

  test('may be a URL with sslmode=disable where the target disables TLS itself', () => {
    const target: Target = { ...TARGET, tls: { mode: 'disable' } };
    expect(parse('postgres://u:p@h/d?sslmode=disable', target).host).toBe('h');
  });
});
