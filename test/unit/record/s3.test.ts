import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { type S3, startS3 } from '../../../emulator/s3.ts';
import { Sha256 } from '../../../lib/aws/sha256.ts';
import { putObject } from '../../../lib/record/put-object.ts';

const CREDENTIALS = {
  accessKeyId: LOCAL_CREDENTIALS.AWS_ACCESS_KEY_ID,
  secretAccessKey: LOCAL_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
  sessionToken: LOCAL_CREDENTIALS.AWS_SESSION_TOKEN,
};

function put({ url }: S3, key: string, body = ''): Promise<boolean> {
  const bucket = { bucket: 'b', region: 'eu-west-1', endpoint: url, credentials: CREDENTIALS };
  return putObject(bucket, key, Buffer.from(body), AbortSignal.timeout(5_000));
}

/** Sends a signed GET request; `tampered` replaces the signed query. */
async function get(
  { url }: S3,
  path: string,
  query: Record<string, string> = {},
  tampered: Record<string, string> = query,
): Promise<{ status: number; text: string }> {
  const { host, hostname } = new URL(url);
  const signer = new SignatureV4({
    service: 's3',
    region: 'eu-west-1',
    credentials: CREDENTIALS,
    sha256: Sha256,
    uriEscapePath: false,
  });
  const { headers } = await signer.sign({
    method: 'GET',
    protocol: 'http:',
    hostname,
    path,
    query,
    headers: { host },
  });
  const search = new URLSearchParams(tampered);
  const response = await fetch(`${url}${path}?${search}`, { headers });
  return { status: response.status, text: await response.text() };
}

describe('the S3 on loopback', () => {
  test('returns an object, and NoSuchKey for any other', async () => {
    await using s3 = await startS3({ bucket: 'b' });
    await put(s3, 'a=1/b', 'content');
    expect(await get(s3, '/b/a%3D1/b')).toEqual({ status: 200, text: 'content' });
    expect(await get(s3, '/b/other')).toMatchObject({
      status: 404,
      text: expect.stringContaining('<Code>NoSuchKey</Code>'),
    });
  });

  test('refuses a request that was changed after it was signed', async () => {
    await using s3 = await startS3({ bucket: 'b' });
    const signed = { 'list-type': '2', prefix: 'mine/' };
    expect(await get(s3, '/b', signed, { ...signed, prefix: 'yours/' })).toMatchObject({
      status: 403,
      text: expect.stringContaining('<Code>SignatureDoesNotMatch</Code>'),
    });
  });

  test('refuses a request without a signature', async () => {
    await using s3 = await startS3({ bucket: 'b' });
    const response = await fetch(`${s3.url}/b/a`);
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code>'),
    ]);
  });
});
