import type { Target } from '../../lib/config/target.ts';
import type { SecretReader } from '../../lib/credentials/rotation.ts';
import { findCredentials } from '../options/connection.ts';
import { readCredentialsFile } from './credentials-file.ts';
import type { CredentialsSource } from './target-file.ts';

/** Reads from Secrets Manager, as the functions do, but with the AWS SDK's default chain of credentials. */
function readerOfSecret(target: Target): SecretReader {
  let reader: Promise<SecretReader> | undefined;
  const load = async (): Promise<SecretReader> => {
    // The only import of the AWS SDK before the record.
    const { createSecretReaders } = await import('../../lib/credentials/secrets-manager.ts');
    return createSecretReaders()(target);
  };
  return {
    async read(stage, signal) {
      reader ??= load();
      return (await reader).read(stage, signal);
    },
  };
}

/** Returns the function that creates the reader of a run's credentials. */
export function secretsFrom(source: CredentialsSource): (target: Target) => SecretReader {
  switch (source.kind) {
    case 'secret':
      return readerOfSecret;
    case 'file':
      return (target) => ({ read: () => readCredentialsFile(source.path, target) });
    case 'environment':
      return () => ({ read: () => findCredentials(source.connection) });
  }
}
