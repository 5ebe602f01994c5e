import { join } from 'node:path';
import type { AwsVariables } from '../../lib/aws/aws-request.ts';
import type { RecordDependencies } from '../../lib/run/record-run.ts';
import type { Machine } from '../options/settings.ts';

/** Returns the region and the credentials that the AWS SDK finds by its default chain, which its clients bring along. */
async function findCaller(): Promise<AwsVariables> {
  const { SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
  const { config } = new SecretsManagerClient({});
  const [region, credentials] = await Promise.all([config.region(), config.credentials()]);
  return {
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };
}

/** Returns the function that records a run in a folder, or in the bucket of its settings. */
export function recordWriter(
  folder: string | undefined,
  { AWS_ENDPOINT_URL_S3 }: Machine['environment'],
): RecordDependencies['writeRecord'] {
  return async (run, settings, now, signal) => {
    // Loaded after the delivery.
    const { storeRun, writeRecord } = await import('../../lib/record/write-record.ts');
    if (folder !== undefined) {
      const { createFile } = await import('../../lib/record/create-file.ts');
      await storeRun(run, undefined, now, (key, body) => createFile(join(folder, key), body));
      return;
    }
    const variables = { ...(await findCaller()), AWS_ENDPOINT_URL_S3 };
    await writeRecord(run, settings, variables, now, signal);
  };
}
