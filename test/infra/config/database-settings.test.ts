import { describe, expect, test } from 'vitest';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { NOW, problemsOf } from '../../support/aws/problems.ts';
import { aDatabase, anEnvironment } from '../../support/aws/synthesis.ts';

function problemsOfDatabase(changes: object): readonly string[] {
  return problemsOf(anEnvironment({ databases: [{ ...aDatabase('metrics'), ...changes }] }));
}

describe('the settings of a database', () => {
  test.each<[what: string, changes: object, problem: RegExp]>([
    ['a name with a space', { name: 'a b' }, /"a b" name: must be 1 to 63 letters/],
    ['a name that is too long', { name: 'x'.repeat(64) }, /name: must be 1 to 63 letters/],
    ['an invalid tick', { tickHours: 5 }, /tickHours: must be one of 1, 2, 3/],
    ['a misspelt key', { tickHour: 6 }, /unknown key "tickHour"/],
    ['no secret', { secret: undefined }, /secret: is required/],
    ['an alias as key', { kmsKey: 'alias/telemetry' }, /kmsKey: must be the ARN of a key/],
    [
      'a key in another region',
      { kmsKey: 'arn:aws:kms:us-east-1:123456789012:key/mrk-0123456789abcdef0123456789abcdef' },
      /kmsKey: is in us-east-1, but Secrets Manager decrypts in eu-central-1; use the key in that region/,
    ],
    [
      'a secret in another region',
      { secret: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf' },
      /secret: is in us-east-1, but the functions read it in eu-central-1; replicate it/,
    ],
    [
      'a secret in another account without its key',
      { secret: 'arn:aws:secretsmanager:eu-central-1:999999999999:secret:x-AbCdEf' },
      /secret: is in another account, .* set kmsKey to the key's ARN/,
    ],
    [
      'a secret in another account with the id of a key',
      {
        secret: 'arn:aws:secretsmanager:eu-central-1:999999999999:secret:x-AbCdEf',
        kmsKey: '0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9',
      },
      /secret: is in another account, .* set kmsKey to the key's ARN/,
    ],
    [
      'plain text without acknowledgement',
      { tls: { mode: 'disable' } },
      /tls\.mode: disable sends .* acknowledgePlainText: true/,
    ],
    [
      'acknowledged plain text with TLS',
      { tls: { acknowledgePlainText: true } },
      /acknowledgePlainText: is only valid with mode disable, and mode is verify-full; remove it/,
    ],
    [
      'a certificate for plain text',
      { tls: { mode: 'disable', acknowledgePlainText: true, serverName: 'x' } },
      /TARGET tls: caFile and serverName have no effect with the mode 'disable'/,
    ],
    [
      'a delivery with two destinations',
      { delivery: { endpoint: 'https://collector.example.com/', latestVersion: '2.30.1' } },
      /^database "metrics" delivery: endpoint and proxy .* exclude each other; keep one/,
    ],
    [
      'an http endpoint of its own',
      { delivery: { endpoint: 'http://collector.example.com/' } },
      /^database "metrics" delivery\.endpoint: must be an https:\/\/ URL/,
    ],
    [
      'a delivery without a destination',
      { delivery: {} },
      /^database "metrics" delivery: must set endpoint, latestVersion or latestVersionParameter, because it replaces/,
    ],
    [
      'a delivery that has only a proxy',
      { delivery: { proxy: 'http://proxy:3128' } },
      /^database "metrics" delivery: must set endpoint, .* for a proxy alone, set the key proxy of the database/,
    ],
    [
      'a delivery that only checks versions without consent',
      { delivery: { versionCheckWhenOff: true } },
      /^database "metrics" delivery: versionCheckWhenOff needs latestVersion/,
    ],
    [
      'two proxies',
      {
        proxy: null,
        delivery: { endpoint: 'https://collector.example.com/', proxy: 'http://proxy:3128' },
      },
      /^database "metrics" proxy: delivery\.proxy of the same database is set, too; keep one/,
    ],
    [
      'a proxy for nothing that is sent',
      { proxy: 'http://proxy:3128', delivery: { latestVersion: '2.30.1' } },
      /^database "metrics" proxy: has no effect, because the delivery of this database sends nothing/,
    ],
    [
      'a proxy for its own endpoint on loopback',
      { delivery: { endpoint: 'http://localhost:8080/', proxy: 'http://proxy:3128' } },
      /^database "metrics" DELIVERY endpoint: is http:, and a proxy/,
    ],
    ['a network that does not exist', { network: 'main' }, /"main" is not in networks, .* add it/],
    [
      'the reporting secret for the administrator',
      { configure: { secret: 'test/metrics/telemetry' } },
      /configure\.secret: is also the secret for reporting; create one secret for each/,
    ],
    [
      'the reporting secret for the administrator, by its ARN',
      {
        configure: {
          secret:
            'arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/metrics/telemetry-AbCdEf',
        },
      },
      /configure\.secret: is also the secret for reporting; create one secret for each/,
    ],
    [
      'settings that the function would reject',
      { sizes: 'estimated', reportSource: 'function' },
      /"metrics" TARGET: sizes 'estimated' excludes reportSource 'function'/,
    ],
    [
      'too many bytes of environment variables',
      { host: 'h'.repeat(4_000) },
      /variables: take 4\d\d\d bytes, but Lambda's limit is 4096; .* into the secret/,
    ],
    [
      'too many bytes of environment variables in configure only',
      { host: 'h'.repeat(3_480), configure: { secret: 's'.repeat(512) } },
      /variables: take 41\d\d bytes, but Lambda's limit is 4096; .* into the secret/,
    ],
    [
      'a URL as host',
      { host: 'postgres://db' },
      /host: must be one name or address, without .*URL/,
    ],
    [
      'a port in the host',
      { host: 'db.example.com:5432' },
      /host: must be one name or address, without port/,
    ],
    ['white space in the host', { host: 'db example' }, /host: must be .* white space/],
    ['an empty host', { host: ' ' }, /host: must not be empty/],
    ['two hosts', { host: 'one,other' }, /host: must be .* list/],
    ['the folder of a Unix socket', { host: '/tmp' }, /host: must be .*, not a path/],
    [
      'a port in the name of the certificate',
      { tls: { serverName: 'db.example.com:5432' } },
      /tls\.serverName: must be one name or address, without port/,
    ],
    ['no CA file', { tls: { caFile: 'nowhere.pem' } }, /tls\.caFile: nowhere\.pem cannot be read/],
  ])('reports %s, and nothing else', (_what, changes, problem) => {
    expect(problemsOfDatabase(changes)).toEqual([expect.stringMatching(problem)]);
  });

  test.each([
    [' db.example.com\n', 'db.example.com'],
    ['[::1]', '::1'],
  ])('normalises the host %j to %j', (host, normalised) => {
    const { databases } = checkEnvironment(
      'test',
      anEnvironment({ databases: [aDatabase('metrics', { host })] }),
      NOW,
    );
    expect(databases[0]?.overrides.host).toBe(normalised);
  });

  test('distinguishes secrets with similar names', () => {
    const arn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:test/metrics';
    for (const [secret, other] of [
      ['test/metrics', 'test/metricss'],
      [`${arn}-AbCdEf`, `${arn}-AbCdEg`],
      ['test/metrics', `${arn}/administrator-AbCdEf`],
      ['test/metrics', 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:metrics-AbCdEf'],
    ]) {
      expect(problemsOfDatabase({ secret, configure: { secret: other } })).toEqual([]);
    }
  });

  test.each([
    'postgres://reporter:hunter2@db.example.com/metrics',
    '{"username": "reporter", "password": "hunter2"}',
    'hunter2 with spaces',
    'arn:aws:rds:eu-central-1:123456789012:db:hunter2',
  ])("rejects a secret's value without quoting it", (secret) => {
    const [problem, ...others] = problemsOfDatabase({ secret });
    expect(others).toEqual([]);
    expect(problem).toMatch(/secret: must be the name or the ARN of a secret; .* change the/);
    expect(problem).not.toContain('hunter2');
  });
});
