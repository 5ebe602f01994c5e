import { errorCodeOf } from '../lib/errors.ts';

export const CREDENTIALS_REMEDY =
  'Log in first (aws sso login, aws configure), or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';

/**
 * Whether AWS's SDK finds no credentials on this machine.
 *
 * @param profile the profile to use instead of AWS_PROFILE
 */
export async function lacksCredentials(profile?: string): Promise<boolean> {
  // Imported only after a failed command, because it imports the SDK.
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  // Finding credentials does not depend on the region, but the client requires one.
  const client = new LambdaClient({
    region: 'us-east-1',
    ...(profile !== undefined && { profile }),
  });
  try {
    await client.config.credentials();
    return false;
  } catch (error) {
    return errorCodeOf(error) === 'CredentialsProviderError';
  } finally {
    client.destroy();
  }
}
