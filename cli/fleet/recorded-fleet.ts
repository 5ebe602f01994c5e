import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { CREDENTIALS_REMEDY } from '../../infra/credentials.ts';
import { AwsError, callerOf } from '../../lib/aws/aws-request.ts';
import { errorCodeOf } from '../../lib/errors.ts';
import { worstFirst } from '../../lib/fleet/conditions.ts';
import { type Folded, foldRecord } from '../../lib/fleet-report/fold-record.ts';
import { openResults } from '../../lib/fleet-report/publishing/results.ts';
import { readSentReports } from '../../lib/fleet-report/reading/sent-reports.ts';
import type { Bucket } from '../../lib/record/put-object.ts';
import { CommandError } from '../command.ts';
import { type FleetEnvironment, readFleetEnvironment } from './environment.ts';
import { type Fleet, type FleetSource, toRow } from './row.ts';

/** Limit of all requests, in milliseconds. */
const LIMIT_MS = 900_000;
const CONNECTIONS = 32;

const CREDENTIAL_ERRORS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenProviderError',
]);

/** Returns the error of a request to the bucket; its code is a token of AWS, of its SDK or of Node. */
function toCommandError(thrown: unknown, bucket: string): CommandError {
  const code = errorCodeOf(thrown) ?? 'unknown error';
  if (CREDENTIAL_ERRORS.has(code)) {
    return new CommandError(
      `AWS rejects the credentials, or there are none (${code}).`,
      CREDENTIALS_REMEDY,
    );
  }
  if (code === 'NoSuchBucket') {
    return new CommandError(
      `There is no bucket ${bucket}.`,
      'Deploy the environment, and check its account, region and record.',
    );
  }
  return thrown instanceof AwsError && !thrown.isTemporary
    ? new CommandError(
        `Permission denied: S3 refused to read the record in s3://${bucket} (${code}).`,
        'Request s3:ListBucket on the bucket, s3:GetObject on its objects, and kms:Decrypt on its key if it has one, or use a profile (AWS_PROFILE) that has them.',
      )
    : new CommandError(
        `S3 could not be reached, or did not answer (${code}).`,
        "Check the region of the environment and this machine's network connection to AWS.",
      );
}

/** Opens the bucket of an environment with the caller's credentials, as AWS's SDK finds them. */
async function openBucket(region: string, name: string): Promise<Bucket> {
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  const client = new LambdaClient({ region });
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
    const options = { keepAlive: true, maxSockets: CONNECTIONS };
    const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
    return {
      ...callerOf(
        {
          AWS_REGION: region,
          AWS_ACCESS_KEY_ID: accessKeyId,
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_SESSION_TOKEN: sessionToken,
        },
        agents,
      ),
      bucket: name,
      endpoint: process.env['AWS_ENDPOINT_URL_S3'],
    };
  } finally {
    client.destroy();
  }
}

function notesOf({ warnings, fleet: { problems } }: Folded, hasState: boolean): readonly string[] {
  return [
    ...(hasState
      ? []
      : ['No report has been made yet: the record of the last two weeks was read.']),
    ...warnings,
    ...(problems.length > 0
      ? [`${problems.length} objects of the record could not be used; the page lists them.`]
      : []),
  ];
}

async function read(
  { name, account, region, databases, mutes }: FleetEnvironment,
  bucket: Bucket,
  prefix: string | undefined,
): Promise<Fleet> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const { state } = await openResults(bucket, name, prefix, signal).readState();
  const now = new Date().toISOString();
  const folded = await foldRecord(() => state, {
    bucket,
    prefix,
    context: { environment: name, account, region, now, databases, mutes },
    event: {},
    signal,
    hasTime: () => true,
  });
  const { fleet, otherKeys } = folded;
  const place = { bucket, environment: name, prefix, otherKeys };
  return {
    state: fleet,
    rows: worstFirst(fleet).map(toRow),
    notes: notesOf(folded, state !== undefined),
    content: {
      async reportsOf(database, count) {
        const found = Object.hasOwn(fleet.databases, database) && fleet.databases[database];
        return found ? readSentReports(found, count, place, signal) : [];
      },
    },
  };
}

/** Creates the source that reads the record of an environment: the last report, and the runs since then. */
export function recordedFleet(environment: string, folder: string): FleetSource {
  return {
    title: `fleet of ${environment}, from its record`,
    isLive: false,
    async load() {
      const found = await readFleetEnvironment(environment, folder);
      if (found.record === undefined) {
        throw new CommandError(
          `The record of ${environment} is turned off.`,
          'Remove record: false and deploy, or invoke the checks of all databases with --live.',
        );
      }
      const { bucket: name, prefix } = found.record;
      try {
        return await read(found, await openBucket(found.region, name), prefix);
      } catch (error) {
        throw toCommandError(error, name);
      }
    },
  };
}
