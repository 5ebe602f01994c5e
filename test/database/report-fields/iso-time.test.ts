import fc from 'fast-check';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { isoTime } from '../../../lib/timescaledb/iso-timestamp.ts';
import { connectAsSuperuser } from '../../support/postgres/databases.ts';
import {
  isOldPostgresHere,
  type OldPostgres,
  startOldPostgres,
} from '../../support/postgres/old-postgres.ts';

/** Two digits up to a maximum; sometimes the next number, or too few or too many digits. */
function upTo(max: number): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max }).map((n) => String(n).padStart(2, '0')) },
    { weight: 1, arbitrary: fc.constantFrom(String(max + 1), '', '1', '015') },
  );
}

const usually = (text: string, ...others: readonly string[]) =>
  fc.oneof({ weight: 10, arbitrary: fc.constant(text) }, fc.constantFrom(text, ...others));
const optional = (part: fc.Arbitrary<string>) => fc.oneof(fc.constant(''), part);

function joined(...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => texts.join(''));
}

const offset = joined(
  usually('', ' ', '  '),
  fc.oneof(
    fc.constantFrom('Z', 'z', ''),
    joined(
      fc.constantFrom('+', '-'),
      upTo(15),
      optional(joined(fc.constantFrom('', ':'), upTo(59))),
      optional(joined(fc.constantFrom('', ':'), upTo(59))),
    ),
  ),
);
const time = joined(
  usually(' ', 'T', '  ', 't', ''),
  joined(upTo(23), fc.constant(':'), upTo(59), fc.constant(':'), upTo(59)),
  usually('', '.5', '.', '.1234567'),
);
const date = fc.oneof(
  fc
    .date({ min: new Date('1000-01-01'), max: new Date('2999-12-31'), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10)),
  joined(fc.constantFrom('1900', '2000', '2023', '2024', '0999'), fc.constant('-02-'), upTo(30)),
  joined(
    fc.constantFrom('1000', '2999', '3000'),
    fc.constant('-'),
    upTo(12),
    fc.constant('-'),
    upTo(31),
  ),
);
const someText = fc.oneof(
  joined(date, time, offset),
  joined(date, optional(time), optional(offset)),
  fc.stringMatching(/^[0-9TZ:. +-]{0,30}$/),
  fc.constantFrom('2024-12-31-08', 'infinity', 'now', 'J2451545', 'epoch', ''),
);

/** The settings of a snapshot's transaction. */
const SETTINGS = "set timezone = 'UTC'; set datestyle = 'ISO, MDY'";

function suite(connect: () => Promise<pg.Client>): void {
  let client: pg.Client;
  beforeAll(async () => {
    client = await connect();
    await client.query(SETTINGS);
  });
  afterAll(() => client?.end());

  async function timesOf(texts: readonly string[]): Promise<readonly (string | null)[]> {
    const { rows } = await client.query<{ time: string | null }>(
      `select ${isoTime('x.value')}::text as time
      from unnest($1::text[]) with ordinality as x(value, n) order by x.n`,
      [texts],
    );
    return rows.map((row) => row.time);
  }

  test('the cast accepts every text that the pattern accepts', async () => {
    const accepted: (string | null)[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(someText, { minLength: 20, maxLength: 100 }), async (texts) => {
        accepted.push(...(await timesOf(texts)).filter((one) => one !== null));
      }),
      { numRuns: 200 },
    );
    expect(accepted.length).toBeGreaterThan(500);
  });

  test('the cast returns the time that the server has formatted in ISO style', async () => {
    const zone = fc.constantFrom(
      ...['UTC', 'Europe/Zurich', 'America/St_Johns', 'Asia/Kathmandu', 'Pacific/Kiritimati'],
      ...['Africa/Monrovia', 'Asia/Manila', '+15:59', '-15:59'],
    );
    const epoch = fc.double({ min: -30e9, max: 32e9, noNaN: true });
    await fc.assert(
      fc.asyncProperty(zone, epoch, async (timezone, seconds) => {
        await client.query("select set_config('timezone', $1, false)", [timezone]);
        const { rows } = await client.query<{ written: string }>(
          'select to_timestamp($1)::text as written',
          [seconds],
        );
        await client.query(SETTINGS);
        const written = rows[0]?.written ?? '';
        const expected = await client.query<{ time: string }>(
          'select $1::timestamptz::text as time',
          [written],
        );
        expect(await timesOf([written])).toStrictEqual([expected.rows[0]?.time]);
      }),
      { numRuns: 200 },
    );
  });

  test.each([
    ['2024-12-31-08', null],
    ['2024-12-31+08:00', null],
    ['2024-12-31Z', null],
    ['2024-12-31 10:00:00+001600', null],
    ['2024-12-31', '2024-12-31 00:00:00+00'],
    ['2024-12-31 10:00:00', '2024-12-31 10:00:00+00'],
    ['2018-10-01T00:00:00Z', '2018-10-01 00:00:00+00'],
    ['2018-10-01 00:00:00 +0000', '2018-10-01 00:00:00+00'],
    ['2000-04-17 10:56:59.427738-04', '2000-04-17 14:56:59.427738+00'],
  ])('the cast of %s returns %s', async (text, expected) => {
    expect(await timesOf([text])).toStrictEqual([expected]);
  });
}

describe('on PostgreSQL 18', () => {
  suite(() => connectAsSuperuser(inject('postgres').port, 'postgres'));
});

describe.skipIf(!isOldPostgresHere).each([10, 12] as const)('on PostgreSQL %i', (major) => {
  let server: OldPostgres;
  beforeAll(async () => {
    server = await startOldPostgres(major);
  });
  afterAll(() => server?.stop());
  suite(() => connectAsSuperuser(server.port, 'postgres'));
});
