import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENDPOINT_PATH } from '../../emulator/telemetry-endpoint.ts';
import { type HostilePool, startHostilePool, type Tried } from '../support/hostile/function.ts';
import { record } from '../support/hostile/hostile.ts';
import {
  HTTP_FLOODS,
  malformedReplies,
  mutatedReply,
  reply,
  startHostileHttp,
} from '../support/hostile/http.ts';
import { HOSTILE_PASSWORD, type Tampered } from '../support/hostile/server.ts';
import type { Recording } from '../support/hostile/session.ts';

const stack = new AsyncDisposableStack();
let recording: Recording;
let functions: HostilePool;
/** Functions with a new process for each run, and a time limit that is long enough to run out of memory. */
let cold: HostilePool;

beforeAll(async () => {
  recording = await record('2.28.3');
  functions = stack.use(await startHostilePool(4));
  cold = stack.use(await startHostilePool(2, { timeLimitMs: 5_000, isCold: true }));
});

afterAll(() => stack.disposeAsync());

/** The services that answer over HTTP. */
const SERVICES = {
  'the endpoint': {
    reply: reply('{"current_timescaledb_version":"2.30.1","is_up_to_date":false}', [
      'content-type: application/json',
    ]),
    environment: (port: number) => ({
      DELIVERY: JSON.stringify({ endpoint: `http://127.0.0.1:${port}${ENDPOINT_PATH}` }),
    }),
    // A report is posted once, whatever the reply.
    mostRequests: 1,
  },
  'Secrets Manager': {
    reply: reply(
      JSON.stringify({
        ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:test/metrics',
        Name: 'test/metrics',
        VersionId: 'v1',
        SecretString: JSON.stringify({ username: 'reporter', password: HOSTILE_PASSWORD }),
      }),
      ['content-type: application/x-amz-json-1.1'],
    ),
    environment: (port: number) => ({
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${port}`,
    }),
    mostRequests: 3,
  },
} as const;
type Service = keyof typeof SERVICES;
const SERVICE_NAMES = Object.keys(SERVICES) as Service[];

async function runWith(
  service: Service,
  name: string,
  answer: Tampered,
  pool = functions,
): Promise<Tried> {
  await using server = await startHostileHttp(answer);
  const { environment, mostRequests } = SERVICES[service];
  const ended = await pool.run({
    name,
    recording,
    login: 'trust',
    tamper: () => undefined,
    environment: environment(server.port),
  });
  const requests = server.requests();
  const tooMany = requests > mostRequests * ended.attempts ? [`${requests} requests`] : [];
  const problems = [...ended.problems, ...tooMany].map((problem) => `${name}: ${problem}`);
  return { ...ended, problems };
}

describe.each(SERVICE_NAMES)('writes one summary line when %s', (service) => {
  const { reply: good } = SERVICES[service];

  test('sends a valid reply', async () => {
    const answer: Tampered = { bytes: Buffer.from(good), afterwards: 'hangs up' };
    const { problems, summary } = await runWith(service, 'a valid reply', answer, cold);
    expect(problems).toStrictEqual([]);
    expect(summary).toMatchObject({ outcome: 'sent' });
  });

  test('sends a reply with one invalid part', async () => {
    const replies = Object.entries(malformedReplies('{}'));
    const ended = await Promise.all(
      replies.map(([name, text]) =>
        runWith(service, name, { bytes: Buffer.from(text, 'latin1'), afterwards: 'hangs up' }),
      ),
    );
    expect(ended.flatMap(({ problems }) => problems)).toStrictEqual([]);
  });

  const seed = Number(process.env['HOSTILE_SEED'] ?? Date.now() % 2 ** 31);
  test(`sends any mutation of a reply (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(mutatedReply(good), { minLength: 8, maxLength: 8 }),
        async (answers) => {
          const ended = await Promise.all(
            answers.map((answer) =>
              runWith(service, JSON.stringify(answer.bytes.toString('latin1')), answer),
            ),
          );
          expect(ended.flatMap(({ problems }) => problems)).toStrictEqual([]);
        },
      ),
      { numRuns: 15, seed, endOnFailure: true },
    );
  });
});

test.each(Object.entries(HTTP_FLOODS))(
  'stays within its memory and time when the endpoint endlessly sends %s',
  async (name, [first, again]) => {
    const answer: Tampered = {
      bytes: Buffer.from(first + again),
      afterwards: 'repeats',
      repeatedBytes: again.length,
    };
    expect((await runWith('the endpoint', name, answer, cold)).problems).toStrictEqual([]);
  },
);
