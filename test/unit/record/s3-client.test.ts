import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { describe, expect, test } from 'vitest';
import { LAMBDA_ENVIRONMENT } from '../../../emulator/lambda/invoke.ts';
import { type S3Options, startS3 } from '../../../emulator/s3.ts';
import { callerOf } from '../../../lib/aws/aws-request.ts';
import { getObject, listObjects, writeObject } from '../../../lib/record/s3-client.ts';

const SIGNAL = new AbortController().signal;
const JSON_TYPE = { contentType: 'application/json' };

async function start(options: Partial<S3Options> = {}) {
  const s3 = await startS3({ bucket: 'record', ...options });
  const bucket = { ...callerOf(LAMBDA_ENVIRONMENT), bucket: 'record', endpoint: s3.url };
  return { s3, bucket, [Symbol.asyncDispose]: () => s3[Symbol.asyncDispose]() };
}

async function keysOf(pages: AsyncIterable<readonly { readonly key: string }[]>) {
  const keys: string[] = [];
  for await (const page of pages) keys.push(...page.map(({ key }) => key));
  return keys;
}

describe('a listing', () => {
  test('returns every key of a prefix, page by page, with size and time', async () => {
    await using started = await start();
    const { s3, bucket } = started;
    const keys = Array.from({ length: 2_001 }, (_, index) => `runs/a=1/${10_000 + index}`);
    for (const key of [...keys, 'runs/a=10/1', 'run', 'z']) {
      s3.objects.set(key, Buffer.from('12345'));
      s3.modified.set(key, Date.parse('2026-11-28T01:02:03.004Z'));
    }
    expect(await keysOf(listObjects(bucket, 'runs/a=1/', SIGNAL))).toStrictEqual(keys);
    expect(s3.requests).toHaveLength(3);
    const { value } = await listObjects(bucket, 'runs/a=10', SIGNAL).next();
    expect(value?.[0]).toStrictEqual({
      key: 'runs/a=10/1',
      size: 5,
      modified: Date.parse('2026-11-28T01:02:03.004Z'),
    });
  });

  test.each(['a b/ü&<>"\'=+%!*(),~;\u0001\u{1f600}', 'a//b/', '&lt;&#65;'])(
    'returns and gets the key %j unchanged',
    async (key) => {
      await using started = await start();
      const { bucket } = started;
      expect(await writeObject(bucket, key, Buffer.from('x'), JSON_TYPE, SIGNAL)).toMatch(
        /^"\w+"$/,
      );
      expect(await keysOf(listObjects(bucket, key.slice(0, 2), SIGNAL))).toStrictEqual([key]);
      expect((await getObject(bucket, key, 10, SIGNAL))?.body.toString()).toBe('x');
    },
  );

  test('ends at an error', async () => {
    await using started = await start({ refuse: () => 'AccessDenied' });
    await expect(keysOf(listObjects(started.bucket, 'runs/', SIGNAL))).rejects.toMatchObject({
      name: 'AccessDenied',
      status: 403,
    });
  });
});

describe('an object', () => {
  test('that does not exist is undefined, and that of a missing bucket is an error', async () => {
    await using started = await start();
    const { bucket } = started;
    expect(await getObject(bucket, 'a', 10, SIGNAL)).toBeUndefined();
    const other = { ...bucket, bucket: 'other' };
    await expect(getObject(other, 'a', 10, SIGNAL)).rejects.toMatchObject({ name: 'NoSuchBucket' });
  });

  test('that is larger than the limit is an error after one request', async () => {
    await using started = await start();
    const { s3, bucket } = started;
    s3.objects.set('a', Buffer.alloc(11));
    await expect(getObject(bucket, 'a', 10, SIGNAL)).rejects.toThrow('more than 10 bytes');
    expect(s3.requests).toHaveLength(1);
    s3.objects.set('a', Buffer.alloc(10));
    expect((await getObject(bucket, 'a', 10, SIGNAL))?.body.byteLength).toBe(10);
  });

  test('is replaced only if it is the one that was read', async () => {
    await using started = await start();
    const { bucket } = started;
    const write = (text: string, replaces?: string | null) =>
      writeObject(
        bucket,
        'state',
        Buffer.from(text),
        { ...JSON_TYPE, ...(replaces !== undefined && { replaces }) },
        SIGNAL,
      );
    const written = await write('one', null);
    expect(await write('two', null)).toBeUndefined();
    const one = await getObject(bucket, 'state', 10, SIGNAL);
    expect(written).toBe(one?.etag);
    expect(await write('three', one?.etag)).not.toBe(written);
    expect(await write('four', one?.etag)).toBeUndefined();
    expect((await getObject(bucket, 'state', 10, SIGNAL))?.body.toString()).toBe('three');
    expect(await write('five')).toMatch(/^"\w+"$/);
  });

  test('is requested up to three times while S3 is overloaded', async () => {
    let failures = 2;
    await using started = await start({
      interfere(response) {
        failures -= 1;
        if (failures < 0) return false;
        response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
        return true;
      },
    });
    const { s3, bucket } = started;
    s3.objects.set('a', Buffer.from('x'));
    expect((await getObject(bucket, 'a', 10, SIGNAL))?.body.toString()).toBe('x');
    failures = 3;
    await expect(getObject(bucket, 'a', 10, SIGNAL)).rejects.toMatchObject({ name: 'SlowDown' });
    expect(s3.requests).toHaveLength(6);
  });

  test('is not requested again after the signal', async () => {
    const aborted = new AbortController();
    await using started = await start({
      interfere(response) {
        aborted.abort();
        response.destroy();
        return true;
      },
    });
    await expect(getObject(started.bucket, 'a', 10, aborted.signal)).rejects.toThrow();
    expect(started.s3.requests).toHaveLength(1);
  });
});

test('requests share connections that are kept open', async () => {
  await using started = await start();
  const { s3 } = started;
  const options = { keepAlive: true, maxSockets: 2 };
  using http = Object.assign(new HttpAgent(options), {
    [Symbol.dispose]: () => http.destroy(),
  });
  const agents = { 'http:': http, 'https:': new HttpsAgent() };
  const bucket = { ...started.bucket, agents };
  s3.objects.set('a', Buffer.from('x'));
  await Promise.all(Array.from({ length: 20 }, () => getObject(bucket, 'a', 10, SIGNAL)));
  expect(s3.connections()).toBe(2);
});
