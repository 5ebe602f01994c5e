import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connectionParameters } from '../../../cli/options/libpq-parameters.ts';
import { hostProblem, hostSchema } from '../../../lib/config/host.ts';
import { parseTarget, type Target } from '../../../lib/config/target.ts';
import { parseSecret } from '../../../lib/credentials/parse-secret.ts';

/** Returns the host that each input reads from a text, or its rejection. */
function inTarget(host: string): string | undefined {
  try {
    const target = { name: 'x', environment: 'x', secretId: 'x', host };
    return parseTarget({ TARGET: JSON.stringify(target) }).host;
  } catch {
    return undefined;
  }
}

const TARGET: Target = parseTarget({
  TARGET: JSON.stringify({ name: 'x', environment: 'x', secretId: 'x', database: 'd' }),
});

function inSecret(host: string): string | undefined {
  try {
    const secret = { username: 'u', password: 'p', host };
    return parseSecret({ SecretString: JSON.stringify(secret), VersionId: 'v' }, TARGET).host;
  } catch {
    return undefined;
  }
}

function inVariables(PGHOST: string): string | undefined {
  const problems: string[] = [];
  const machine = { environment: { PGHOST }, user: 'u', exists: () => false, readFile: () => '' };
  const { host } = connectionParameters({}, machine, problems);
  return problems.length === 0 ? host : undefined;
}

describe('a host', () => {
  test.each([
    ['db.example.com', 'db.example.com'],
    ['  db.example.com\t\n', 'db.example.com'],
    ['[::1]', '::1'],
    ['2001:db8::7', '2001:db8::7'],
    ['10.0.0.7', '10.0.0.7'],
    ['my_db-1', 'my_db-1'],
    ['dätenbank.example', 'dätenbank.example'],
    ['/var/run/postgresql', '/var/run/postgresql'],
  ])('%j is read as %j in a target, a secret and PGHOST', (text, host) => {
    expect(inTarget(text)).toBe(host);
    expect(inSecret(text)).toBe(host);
    expect(inVariables(text)).toBe(host);
  });

  test.each([
    ['db.example.com:5432', /one name or address/],
    ['[::1]:5432', /one name or address/],
    ['db.example.com:', /one name or address/],
    ['postgres://u:p@db.example.com/d', /one name or address/],
    ['https://db.example.com', /one name or address/],
    ['one,other', /one name or address/],
    ['db example.com', /one name or address/],
    ['db\0example', /one name or address/],
    ['[::1', /one name or address/],
    ['[db.example.com]', /one name or address/],
    ['u@db.example.com', /one name or address/],
    ['db.example.com/metrics', /one name or address/],
    ['', /must not be empty/],
    [' \n', /must not be empty/],
  ])('%j is rejected in a target, a secret and PGHOST', (text, problem) => {
    expect(hostSchema.safeParse(text).error?.issues).toMatchObject([
      { message: expect.stringMatching(problem) },
    ]);
    expect(inTarget(text)).toBeUndefined();
    expect(inSecret(text)).toBeUndefined();
    if (text !== '') expect(inVariables(text)).toBeUndefined();
  });

  const someText = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.stringMatching(/^[a-c:[\]@/ .,%0-9-]{0,12}$/),
    fc.ipV6().map((address) => `[${address}]`),
    fc.domain(),
  );

  test('is read in the same way by every input, or rejected by all', () => {
    fc.assert(
      fc.property(someText, (text) => {
        const host = inTarget(text);
        expect(inSecret(text)).toBe(host);
        if (text !== '') expect(inVariables(text)).toBe(host);
      }),
    );
  });

  test('may be any domain name', () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect(domainToASCII(name)).toBe(name);
        expect(hostProblem(name)).toBeUndefined();
      }),
    );
  });
});
