import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import type { DatabaseSettings } from '../../../infra/config/environment.ts';
import { NOW, problemsOf } from '../../support/aws/problems.ts';
import { aDatabase, anEnvironment } from '../../support/aws/synthesis.ts';

const DAY_MS = 24 * 3_600_000;

let folder: string;

async function certificate(fromDay: number, toDay: number): Promise<string> {
  const { cert } = await generate([{ name: 'commonName', value: 'an authority' }], {
    notBeforeDate: new Date(NOW + fromDay * DAY_MS),
    notAfterDate: new Date(NOW + toDay * DAY_MS),
  });
  return cert;
}

beforeAll(async () => {
  folder = mkdtempSync(join(inject('folder'), 'certificates-'));
  const [valid, expired, early] = await Promise.all([
    certificate(-10, 10),
    certificate(-20, -10),
    certificate(10, 20),
  ]);
  const key = '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n';
  const files = {
    'valid.pem': valid,
    'expired.pem': expired,
    'early.pem': early,
    'rotated.pem': `${expired}\n${valid}`,
    'key.pem': key,
    'both.pem': `${valid}\n${key.replaceAll('PRIVATE', 'EC PRIVATE')}`,
    'empty.pem': '',
    'broken.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
});

function caFile(file: string): DatabaseSettings['tls'] {
  return { caFile: join(folder, file) };
}

function problemsOfDatabase(changes: object): readonly string[] {
  return problemsOf(anEnvironment({ databases: [{ ...aDatabase('metrics'), ...changes }] }));
}

describe('the check of tls.caFile', () => {
  test.each([
    ['expired.pem', /expired on 2026-11-15; replace it by the authority's current certificate/],
    ['early.pem', /is not valid before 2026-12-05; add the authority's current certificate/],
    ['key.pem', /contains a private key, which would be deployed with the functions/],
    ['both.pem', /contains a private key, which would be deployed with the functions/],
    ['empty.pem', /contains no certificate; export it as PEM/],
    ['broken.pem', /contains a certificate that cannot be parsed; export it as PEM again/],
  ])('rejects %s', (file, problem) => {
    expect(problemsOfDatabase({ tls: caFile(file) })).toEqual([expect.stringMatching(problem)]);
  });

  test.each(['valid.pem', 'rotated.pem'])('accepts %s', (file) => {
    expect(problemsOfDatabase({ tls: caFile(file) })).toEqual([]);
  });
});
