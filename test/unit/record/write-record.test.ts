import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { freePort } from '../../../emulator/http-server.ts';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { type S3, startS3 } from '../../../emulator/s3.ts';
import type { AwsVariables } from '../../../lib/aws/aws-request.ts';
import { decodeRunOf, type RecordedLine } from '../../../lib/record/recorded-run.ts';
import { type EndedRun, writeRecord } from '../../../lib/record/write-record.ts';

const NOW = Date.parse('2026-11-28T04:05:09.500Z');
const LINE: RecordedLine = {
  severity: 'INFO',
  message: 'Telemetry is off.',
  outcome: 'skipped',
  environment: 'prod',
  database: 'metrics',
  scheduledTime: '2026-11-28T04:05:00Z',
};
const RUN: EndedRun = { line: LINE, report: null, startedAt: NOW - 2_500 };
const BUCKET = 'records.example';
const KEY = 'runs/environment=prod/date=2026-11-28/database=metrics/20261128T040500Z-0.json.gz';
const REPEAT = KEY.replace('.json', '-repeat-20261128T040507000Z.json');

function write(s3: Pick<S3, 'url'>, run: EndedRun = RUN, variables: AwsVariables = {}) {
  return writeRecord(
    run,
    { bucket: BUCKET },
    { ...LOCAL_CREDENTIALS, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_S3: s3.url, ...variables },
    NOW,
    AbortSignal.timeout(5_000),
  );
}

/** Answers the first requests with these statuses; 0 closes the connection. */
function failing(...statuses: readonly number[]) {
  return (response: ServerResponse, count: number): boolean => {
    const status = statuses[count];
    if (status === undefined) return false;
    if (status === 0) response.destroy();
    else response.writeHead(status).end('<Error><Code>SlowDown</Code></Error>');
    return true;
  };
}

describe('a run is recorded', () => {
  test('as one object, by a signed request that never replaces an object', async () => {
    await using s3 = await startS3({ bucket: BUCKET });
    await write(s3);
    expect([...s3.objects.keys()]).toEqual([KEY]);
    expect(decodeRunOf(KEY, s3.objects.get(KEY) ?? Buffer.alloc(0))).toStrictEqual({
      run: { version: 1, recordedAt: '2026-11-28T04:05:09.500Z', line: LINE, report: null },
    });
    const [request] = s3.requests;
    expect(request).toMatchObject({
      method: 'PUT',
      url: `/${BUCKET}/${KEY.replaceAll('=', '%3D')}`,
      headers: { 'if-none-match': '*', 'content-type': 'application/gzip', connection: 'close' },
    });
  });

  test.each([
    ['a retry', { ...LINE, attempt: 3 }, KEY.replace('-0', '-3')],
    [
      'a run by hand',
      (({ scheduledTime: _, ...line }) => line)(LINE),
      KEY.replace('0500Z-0', '0507Z-hand'),
    ],
  ])('under its own key: %s', async (_run, line, key) => {
    await using s3 = await startS3({ bucket: BUCKET });
    await write(s3, { ...RUN, line });
    expect([...s3.objects.keys()]).toEqual([key]);
  });

  test('once, when a tick without a report is invoked twice', async () => {
    await using s3 = await startS3({ bucket: BUCKET });
    await write(s3);
    await write(s3);
    expect([...s3.objects.keys()]).toEqual([KEY]);
  });

  test('under a second key, when a tick with a report is invoked twice', async () => {
    await using s3 = await startS3({ bucket: BUCKET });
    await write(s3, { ...RUN, report: '{"first": 1}' });
    await write(s3, { ...RUN, report: '{"second": 2}' });
    expect([...s3.objects.keys()]).toEqual([KEY, REPEAT]);
    const reports = [...s3.objects].map(([key, bytes]) => {
      const decoded = decodeRunOf(key, bytes);
      return 'run' in decoded ? decoded.run.report : decoded.problem;
    });
    expect(reports).toEqual(['{"first": 1}', '{"second": 2}']);
  });

  test.each([503, 500, 429, 409, 0])('after one temporary failure (%j)', async (status) => {
    await using s3 = await startS3({ bucket: BUCKET, interfere: failing(status) });
    await write(s3);
    expect([...s3.objects.keys()]).toEqual([KEY]);
    expect(s3.requests).toHaveLength(2);
  });

  test('once, when the answer to the first request is lost', async () => {
    await using s3 = await startS3({
      bucket: BUCKET,
      interfere(response, count) {
        // The object is created, and the connection ends without an answer.
        if (count === 0) response.end = () => response.destroy();
        return false;
      },
    });
    await write(s3, { ...RUN, report: '{}' });
    expect([...s3.objects.keys()]).toEqual([KEY]);
    expect(s3.requests).toHaveLength(2);
  });
});

describe('a run is not recorded', () => {
  test.each([
    ['S3 is overloaded', [503, 503], 'SlowDown', 2],
    ['S3 denies the request', [403], 'SlowDown', 1],
    ['S3 redirects to another region', [301], 'SlowDown', 1],
  ] as const)('when %s', async (_why, statuses, name, count) => {
    await using s3 = await startS3({ bucket: BUCKET, interfere: failing(...statuses) });
    await expect(write(s3)).rejects.toMatchObject({ name });
    expect(s3.requests).toHaveLength(count);
    expect(s3.objects.size).toBe(0);
  });

  test.each([
    ['another secret key', { AWS_SECRET_ACCESS_KEY: 'another' }, 'SignatureDoesNotMatch'],
    ['an expired session', { AWS_SESSION_TOKEN: 'expired' }, 'InvalidToken'],
    ['another access key', { AWS_ACCESS_KEY_ID: 'another' }, 'InvalidAccessKeyId'],
  ])('with %s', async (_what, variables, name) => {
    await using s3 = await startS3({ bucket: BUCKET });
    await expect(write(s3, RUN, variables)).rejects.toMatchObject({ name });
  });

  test('when there is no such bucket', async () => {
    await using s3 = await startS3({ bucket: 'another' });
    await expect(write(s3)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  test('when no server listens, after a second attempt', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    await expect(write({ url })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each([
    ['a long document', 'x'.repeat(1_000_000)],
    ['a code that is no name', '<Code><script>alert(1)</script></Code>'],
    ['nothing', ''],
  ])('when S3 answers 403 with %s, and the error is named by the status', async (_what, text) => {
    await using s3 = await startS3({
      bucket: BUCKET,
      interfere(response) {
        response.writeHead(403).end(text);
        return true;
      },
    });
    await expect(write(s3)).rejects.toMatchObject({ name: '403', message: 'AWS answered 403.' });
  });
});
