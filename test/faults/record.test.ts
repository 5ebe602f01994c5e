import type { ServerResponse } from 'node:http';
import { expect } from 'vitest';
import { freePort } from '../../emulator/http-server.ts';
import { type S3, type S3Options, startS3 } from '../../emulator/s3.ts';
import { decodeRunOf, type RecordedRun } from '../../lib/record/recorded-run.ts';
import { answerUnavailable } from '../support/lambda/retries.ts';
import { type Arrange, type FaultRun, healthy, testFaults } from '../support/run/faults.ts';
import { RECORD_FAULTS } from './rows/record.ts';

const BUCKET = 'records';
const PREFIX = 'telemetry/v1';

function environmentOf({ url }: Pick<S3, 'url'>, bucket = BUCKET) {
  return { AWS_ENDPOINT_URL_S3: url, RECORD: JSON.stringify({ bucket, prefix: PREFIX }) };
}

/** Returns the recorded runs; fails for an object that is not one. */
function runsIn({ objects }: S3): readonly RecordedRun[] {
  return [...objects].map(([key, bytes]) => {
    const decoded = decodeRunOf(key, bytes, PREFIX);
    if ('problem' in decoded) throw new Error(decoded.problem);
    return decoded.run;
  });
}

function expectRecorded(s3: S3, { world }: FaultRun, count = 1): void {
  const posted = world.endpoint.reports.map(({ body }) => body.toString('utf8'));
  expect(runsIn(s3).map(({ report }) => report)).toEqual(posted);
  expect(posted).toHaveLength(count);
}

/** A bucket that interferes with requests, and never has an object at the end. */
const interferes =
  (interfere: NonNullable<S3Options['interfere']>): Arrange =>
  async (stack) => {
    const s3 = stack.use(await startS3({ bucket: BUCKET, interfere }));
    return {
      database: await healthy(),
      environment: environmentOf(s3),
      after: () => expect(s3.objects.size).toBe(0),
    };
  };

/** A bucket that records the run in spite of the first requests. */
const recovers =
  (interfere: NonNullable<S3Options['interfere']>): Arrange =>
  async (stack) => {
    const s3 = stack.use(await startS3({ bucket: BUCKET, interfere }));
    return {
      database: await healthy(),
      environment: environmentOf(s3),
      after(run) {
        expectRecorded(s3, run);
        expect(s3.requests).toHaveLength(2);
      },
    };
  };

function answers(status: number, body: string) {
  return (response: ServerResponse): boolean => {
    response.writeHead(status).end(body);
    return true;
  };
}

const errorText = (code: string): string => `<Error><Code>${code}</Code></Error>`;
const denies = answers(403, errorText('AccessDenied'));

/** Writes bytes that are not HTTP, and closes the connection. */
const speaksNoHttp = (response: ServerResponse): boolean => {
  response.socket?.end('220 mail.example ESMTP\r\n');
  return true;
};

const drips = (response: ServerResponse): boolean => {
  const { socket } = response;
  const timer = setInterval(() => socket?.write('H'), 200);
  socket?.once('close', () => clearInterval(timer));
  socket?.write('HTTP/1.1 200 O');
  return true;
};

const neverEnds = (response: ServerResponse): boolean => {
  response.writeHead(403);
  const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
  response.socket?.once('close', () => clearInterval(timer));
  return true;
};

testFaults(RECORD_FAULTS, {
  invalid: async () => ({
    database: await healthy(),
    environment: { RECORD: '{"bucket":"Records"}' },
  }),
  noBucket: async (stack) => {
    const s3 = stack.use(await startS3({ bucket: BUCKET }));
    return { database: await healthy(), environment: environmentOf(s3, 'others') };
  },
  denied: interferes(denies),
  elsewhere: interferes(answers(301, errorText('PermanentRedirect'))),
  expired: interferes(answers(400, errorText('InvalidToken'))),
  refused: async () => ({
    database: await healthy(),
    environment: environmentOf({ url: `http://127.0.0.1:${await freePort()}` }),
  }),
  silent: interferes(() => true),
  drips: interferes(drips),
  resets: interferes((response) => {
    response.destroy();
    return true;
  }),
  overloaded: interferes(answers(503, errorText('SlowDown'))),
  garbage: interferes(speaksNoHttp),
  switches: interferes((response) => {
    response.writeHead(101, { connection: 'upgrade', upgrade: 'h2c' }).end();
    return true;
  }),
  endless: interferes(neverEnds),
  overloadedOnce: recovers((response, count) => count === 0 && answers(503, '')(response)),
  lost: recovers((response, count) => {
    if (count === 0) response.end = () => response.destroy();
    return false;
  }),
  // Every run of a doubled tick is recorded, because each has posted a report.
  exists: async (stack) => {
    const s3 = stack.use(await startS3({ bucket: BUCKET }));
    return {
      database: await healthy(),
      environment: environmentOf(s3),
      async after(run) {
        expectRecorded(s3, run);
        const again = await run.invokeAgain();
        expect(again).toMatchObject({ value: { outcome: 'sent' } });
        expectRecorded(s3, run, 2);
      },
    };
  },
  afterFailure: async (stack) => {
    const s3 = stack.use(await startS3({ bucket: BUCKET, interfere: denies }));
    return {
      database: await healthy(),
      environment: environmentOf(s3),
      world: { answer: answerUnavailable },
    };
  },
});
