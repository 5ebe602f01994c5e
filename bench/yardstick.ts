import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';

/** What any function bundles that reads a secret and connects to PostgreSQL, written as one would write it. */
const client = new SecretsManagerClient({});

export async function handler(): Promise<pg.Client> {
  const secret = await client.send(new GetSecretValueCommand({ SecretId: 'bench' }));
  return new pg.Client(secret.SecretString);
}
