import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, test } from 'vitest';
import { listen } from '../../../emulator/http-server.ts';
import {
  fromTable,
  type SecretAnswer,
  startSecretsManager,
} from '../../../emulator/secrets-manager.ts';
import { parseSecret } from '../../../lib/credentials/parse-secret.ts';
import { readRotated } from '../../../lib/credentials/rotation.ts';
import { createSecretReader } from '../../../lib/credentials/secrets-manager.ts';
import { errorOf, everythingShownOf, RDS, TARGET } from './secrets.ts';

/** Returns the real client, for loopback, with one attempt. */
function clientOf(endpoint: string): SecretsManagerClient {
  return new SecretsManagerClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
}

const version = (VersionId: string, password: string) => ({
  VersionId,
  SecretString: JSON.stringify({ ...RDS, password }),
});

describe('reading from Secrets Manager', () => {
  const { signal } = new AbortController();

  test.each(['AWSCURRENT', 'AWSPENDING'] as const)('requests %s of the secret', async (stage) => {
    const table = { AWSCURRENT: version('v1', 'old'), AWSPENDING: version('v2', 'new') };
    await using service = await startSecretsManager(fromTable({ [TARGET.secretId]: table }));
    const credentials = await createSecretReader(clientOf(service.url), TARGET).read(stage, signal);
    expect(service.requests).toStrictEqual([{ secretId: 'orders/telemetry', stage }]);
    expect(credentials).toStrictEqual(parseSecret(table[stage], TARGET));
  });

  test('reports a binary secret as invalid, not as unreadable', async () => {
    await using service = await startSecretsManager(() => ({
      VersionId: 'v1',
      SecretBinary: 'c2VjcmV0',
    }));
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', signal));
    expect(error.code).toBe('SECRET_INVALID');
    expect(error.message).toContain('it is binary');
  });

  test.each([
    [400, 'ResourceNotFoundException', 'SECRET_NOT_FOUND', false, 'secretId'],
    [400, 'AccessDeniedException', 'SECRET_DENIED', false, 'secretsmanager:GetSecretValue'],
    [400, 'UnrecognizedClientException', 'SECRET_DENIED', false, 'kms:Decrypt'],
    [400, 'ExpiredTokenException', 'SECRET_DENIED', false, 'Grant'],
    [400, 'InvalidSignatureException', 'SECRET_DENIED', false, 'Grant'],
    [400, 'DecryptionFailure', 'SECRET_UNREADABLE', false, 'KMS key'],
    [400, 'InvalidRequestException', 'SECRET_UNREADABLE', false, 'Check the secret'],
    [400, 'InvalidParameterException', 'SECRET_UNREADABLE', false, 'Check the secret'],
    [400, 'ValidationException', 'SECRET_UNREADABLE', false, 'Check the secret'],
    [500, 'InternalServiceError', 'SECRET_UNAVAILABLE', true, 'will be retried automatically'],
    [503, 'ServiceUnavailable', 'SECRET_UNAVAILABLE', true, 'will be retried automatically'],
    [400, 'ThrottlingException', 'SECRET_UNAVAILABLE', true, 'will be retried automatically'],
  ])('reports %i %s as %s', async (status, type, code, retryable, remedy) => {
    await using service = await startSecretsManager(() => ({ status, type }));
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', signal));
    expect(error).toMatchObject({ code, retryable, origin: type });
    expect(error.remedy).toContain(remedy);
    expect(String(error.original)).toContain('refused by the local endpoint');
    expect(everythingShownOf(error)).not.toContain('refused by the local endpoint');
  });

  test('reports a refused connection as an unavailable service', async () => {
    const service = await startSecretsManager(() => version('v1', 'old'));
    await service[Symbol.asyncDispose]();
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', signal));
    expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE', origin: 'ECONNREFUSED' });
  });

  test("ends an unanswered request when the run's signal is aborted", async () => {
    const run = new AbortController();
    await using service = await listen(() => run.abort());
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const error = await errorOf(() => reader.read('AWSCURRENT', run.signal));
    expect(error).toMatchObject({ code: 'SECRET_UNAVAILABLE', origin: 'AbortError' });
  });
});

describe('reading again after a rejected login', () => {
  const { signal } = new AbortController();
  const rejected = parseSecret(version('v1', 'old'), TARGET);

  async function rotate(answer: SecretAnswer) {
    await using service = await startSecretsManager(answer);
    const reader = createSecretReader(clientOf(service.url), TARGET);
    const credentials = await readRotated(reader, rejected, signal);
    return { credentials, stages: service.requests.map(({ stage }) => stage) };
  }

  test('uses a changed AWSCURRENT', async () => {
    const table = { AWSCURRENT: version('v2', 'new'), AWSPENDING: version('v3', 'newer') };
    const { credentials, stages } = await rotate(fromTable({ [TARGET.secretId]: table }));
    expect(credentials).toMatchObject({ versionId: 'v2', password: 'new' });
    expect(stages).toStrictEqual(['AWSCURRENT']);
  });

  test('uses AWSPENDING when AWSCURRENT is the same', async () => {
    const table = { AWSCURRENT: version('v1', 'old'), AWSPENDING: version('v2', 'new') };
    const { credentials, stages } = await rotate(fromTable({ [TARGET.secretId]: table }));
    expect(credentials).toMatchObject({ versionId: 'v2', password: 'new' });
    expect(stages).toStrictEqual(['AWSCURRENT', 'AWSPENDING']);
  });

  test.each([
    ['no AWSPENDING', {}],
    ['an AWSPENDING that is the rejected version', { AWSPENDING: version('v1', 'old') }],
    ['an incomplete AWSPENDING', { AWSPENDING: { VersionId: 'v2', SecretString: '{"username":' } }],
  ])('finds no other version with %s', async (_what, pending) => {
    const table = { AWSCURRENT: version('v1', 'old'), ...pending };
    const { credentials, stages } = await rotate(fromTable({ [TARGET.secretId]: table }));
    expect(credentials).toBeUndefined();
    expect(stages).toStrictEqual(['AWSCURRENT', 'AWSPENDING']);
  });

  test('throws when the service is down, at either stage', async () => {
    const down = { status: 500, type: 'InternalServiceError' };
    const atPending: SecretAnswer = (_id, stage) =>
      stage === 'AWSPENDING' ? down : version('v1', 'old');
    for (const answer of [() => down, atPending]) {
      await expect(rotate(answer)).rejects.toMatchObject({ code: 'SECRET_UNAVAILABLE' });
    }
  });
});
