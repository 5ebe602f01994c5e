import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import pg from 'pg';

/** The minimum that a function needs to read a secret and connect to PostgreSQL, without any optimisation. */
const client = new SecretsManagerClient({});

export async function handler(): Promise<pg.Client> {
  const secret = await client.send(new GetSecretValueCommand({ SecretId: 'bench' }));
  return new pg.Client(secret.SecretString);
}
