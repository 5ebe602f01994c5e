import { describe, expect, test } from 'vitest';
import { aRun, aWithheldRun, UP_TO_DATE } from '../fleet/runs.ts';
import { startFleetWorld, storedIn, TOPIC } from './fleet-world.ts';

const ADVISORY = 'GHSA-44jh-j22r-33wq';
const VULNERABLE = {
  ...UP_TO_DATE,
  installed: '2.9.1',
  fix: '2.9.3',
  verdicts: ['upgrade-package'],
  advisories: [ADVISORY],
};
const DATABASES = [
  { name: 'orders', tickHours: 24 },
  { name: 'metrics', tickHours: 24 },
];

/** The time of the scheduled report of a day. */
function endOf(date: string): string {
  return `${date}T23:58:00.000Z`;
}

function scheduled(date: string): object {
  return { scheduledTime: `${date}T23:58:00Z` };
}

describe('a change is published once', () => {
  test('when it begins and when it ends, all changes of a report in one message', async () => {
    await using world = await startFleetWorld({ databases: DATABASES });
    world.add(aRun('2026-11-25'), aRun('2026-11-25', { database: 'metrics' }));
    await world.run(endOf('2026-11-25'));
    expect(world.sns.messages).toStrictEqual([]);
    world.add(
      aRun('2026-11-26', { version: VULNERABLE }),
      aWithheldRun('2026-11-26', { database: 'metrics' }),
    );
    const { line } = await world.run(endOf('2026-11-26'));
    expect(line).toMatchObject({ notifications: 1 });
    const [began] = world.sns.messages;
    expect(began).toMatchObject({
      topic: TOPIC,
      subject: 'TimescaleDB fleet prod: 1 vulnerable, 1 withheld',
    });
    expect(began?.body).toContain(
      '- [vulnerable] orders: TimescaleDB 2.9.1 is affected by GHSA-44jh-j22r-33wq.',
    );
    expect(began?.body).toContain(ADVISORY);
    expect(began?.body).toContain(
      '- [withheld] metrics: consent is now denied by the rule level-off',
    );
    expect(began?.body).toContain('s3://records/fleet/environment=prod/index.html');

    await world.run(endOf('2026-11-26'));
    await world.run(endOf('2026-11-26'), { days: 14 });
    expect(world.sns.messages).toHaveLength(1);

    world.add(aRun('2026-11-27'), aRun('2026-11-27', { database: 'metrics' }));
    await world.run(endOf('2026-11-27'));
    await world.run(endOf('2026-11-27'));
    expect(world.sns.messages.slice(1)).toMatchObject([
      { subject: 'TimescaleDB fleet prod: 1 no longer vulnerable, 1 no longer withheld' },
    ]);
  });

  test('when a database is silent', async () => {
    await using world = await startFleetWorld();
    world.add(aRun('2026-11-25'));
    for (const day of ['25', '26', '27', '28', '29']) await world.run(endOf(`2026-11-${day}`));
    expect(world.sns.messages).toMatchObject([
      {
        subject: 'TimescaleDB fleet prod: 1 silent',
        body: expect.stringContaining('- [silent] orders: no run was recorded for two ticks.'),
      },
    ]);
  });

  test('when most databases are silent: one line with the likely cause, and one when they recover', async () => {
    const databases = Array.from({ length: 40 }, (_, index) => ({
      name: `db-${index}`,
      tickHours: 24,
    }));
    await using world = await startFleetWorld({ databases });
    const runsOf = (date: string, count = 40) =>
      databases.slice(0, count).map(({ name }) => aRun(date, { database: name }));
    world.add(...runsOf('2026-11-20'));
    await world.run(endOf('2026-11-20'));
    // The subnets of 38 databases have lost their route to S3.
    for (const date of ['2026-11-21', '2026-11-22', '2026-11-23']) {
      world.add(...runsOf(date, 2));
      await world.run(endOf(date));
    }
    const [began, ...others] = world.sns.messages;
    expect(others).toStrictEqual([]);
    expect(began?.subject).toBe('TimescaleDB fleet prod: 38 silent');
    const lines = began?.body.split('\n').filter((line) => line.startsWith('- '));
    expect(lines).toStrictEqual([
      expect.stringMatching(
        /^- \[silent\] 38 databases: 38 of 40 databases are silent, .* RECORD_NOT_WRITTEN\. .*route to S3.*docs\/networks\.md.* the bucket must exist.* s3:PutObject/,
      ),
    ]);
    const { line } = await world.run(endOf('2026-11-23'), { digest: true });
    expect(line.warnings).toMatchObject([expect.stringMatching(/^38 of 40 databases are silent/)]);
    expect(world.sns.messages[1]?.body).toContain('\n38 of 40 databases are silent');

    world.add(...runsOf('2026-11-24'));
    await world.run(endOf('2026-11-24'));
    expect(world.sns.messages[2]).toMatchObject({
      subject: 'TimescaleDB fleet prod: 38 no longer silent',
      body: expect.stringContaining('\n- [silent] 38 databases: runs are recorded again.\n'),
    });
  });

  test('when a few databases of many are silent: one line for each', async () => {
    const databases = Array.from({ length: 5 }, (_, index) => ({
      name: `db-${index}`,
      tickHours: 24,
    }));
    await using world = await startFleetWorld({ databases });
    world.add(...databases.map(({ name }) => aRun('2026-11-20', { database: name })));
    await world.run(endOf('2026-11-20'));
    world.add(...databases.slice(2).map(({ name }) => aRun('2026-11-23', { database: name })));
    await world.run(endOf('2026-11-23'));
    const lines = world.sns.messages[0]?.body.split('\n').filter((line) => line.startsWith('- '));
    expect(lines).toMatchObject([
      expect.stringContaining('- [silent] db-0: no run was recorded'),
      expect.stringContaining('- [silent] db-1: no run was recorded'),
    ]);
  });

  test('and is not published at all when it is muted; the state has the reason', async () => {
    const mute = [
      { database: 'orders', advisory: ADVISORY, until: '2026-11-27', reason: 'Not exposed.' },
    ];
    await using world = await startFleetWorld({ mute, settings: { digest: 'daily' } });
    world.add(aRun('2026-11-26', { version: { ...VULNERABLE } }));
    await world.run(endOf('2026-11-26'), scheduled('2026-11-26'));
    const [digest, ...others] = world.sns.messages;
    expect(others).toStrictEqual([]);
    expect(digest?.body).toContain(`- orders: ${ADVISORY} until 2026-11-27: Not exposed.`);
    expect((await storedIn(world.s3)).fleet.databases['orders']?.mutes).toStrictEqual(mute);
    // The mute has ended.
    world.add(
      aRun('2026-11-27', { version: VULNERABLE }),
      aRun('2026-11-28', { version: VULNERABLE }),
    );
    await world.run(endOf('2026-11-28'));
    expect(world.sns.messages.slice(1)).toMatchObject([
      { subject: 'TimescaleDB fleet prod: 1 vulnerable' },
    ]);
  });

  test('in a message within the limits of SNS, whatever the names and sentences are', async () => {
    const databases = Array.from({ length: 400 }, (_, index) => ({
      name: `database-${String(index).padStart(50, 'x')}`,
      tickHours: 24,
    }));
    await using world = await startFleetWorld({
      databases,
      settings: { digest: 'daily' },
    });
    const reason = '\u202e\u0007é'.repeat(150);
    for (const { name } of databases) {
      const where = `database ${reason}`;
      const consent = { granted: false, level: 'off', rule: 'level-off', where, sentence: reason };
      world.add(aWithheldRun('2026-11-26', { database: name, version: VULNERABLE, consent }));
    }
    const { error } = await world.run(endOf('2026-11-26'), scheduled('2026-11-26'));
    expect(error).toBeUndefined();
    const [changes, digest] = world.sns.messages;
    expect(changes?.body).toContain('- and 200 more changes');
    expect(digest?.body).toContain('- and 300 more databases');
    for (const { body } of world.sns.messages) expect(body).not.toMatch(/\u202e/);
  });
});

describe('the digest', () => {
  test.each<[digest: string, events: (date: string) => object, expected: number]>([
    ['daily', scheduled, 8],
    ['weekly', scheduled, 1],
    ['off', scheduled, 0],
    ['daily', () => ({}), 0],
    ['off', () => ({ digest: true }), 16],
    ['daily', (date) => ({ ...scheduled(date), digest: false }), 0],
  ])('%s is published as often as it should be', async (digest, eventOf, expected) => {
    await using world = await startFleetWorld({ settings: { digest } });
    const dates = Array.from({ length: 8 }, (_, index) => `2026-11-${20 + index}`);
    for (const date of dates) {
      world.add(aRun(date));
      // EventBridge Scheduler may deliver an event twice.
      await world.run(endOf(date), eventOf(date));
      await world.run(endOf(date), eventOf(date));
    }
    expect(world.sns.messages).toHaveLength(expected);
  });

  test('has the counts, and one line for each database with a condition', async () => {
    await using world = await startFleetWorld({
      databases: DATABASES,
      settings: { digest: 'daily' },
    });
    world.add(
      aRun('2026-11-26', { version: VULNERABLE }),
      aRun('2026-11-26', { database: 'metrics' }),
    );
    await world.run(endOf('2026-11-26'), scheduled('2026-11-26'));
    const digest = world.sns.messages[1];
    expect(digest?.subject).toBe(
      'TimescaleDB fleet prod: daily digest, 1 of 2 databases with a condition',
    );
    expect(digest?.body.split('\n')).toStrictEqual([
      'Daily digest of the TimescaleDB fleet prod, as of 2026-11-26 23:58 UTC',
      '',
      '2 databases: broken 0 of 2, vulnerable 1 of 2, silent 0 of 2, withheld 0 of 2, behind 1 of 2.',
      '',
      'Worst first:',
      expect.stringMatching(/^- orders: vulnerable, behind\. Install TimescaleDB 2\.9\.3/),
      '',
      'Page of the fleet: s3://records/fleet/environment=prod/index.html',
      '',
    ]);
  });
});

describe('a message that SNS does not accept', () => {
  test('fails the report, which has written its results, and is published by the next one', async () => {
    let isRefused = true;
    await using world = await startFleetWorld({
      sns: { refuse: () => (isRefused ? 'AuthorizationError' : undefined) },
    });
    world.add(aRun('2026-11-26', { version: VULNERABLE }));
    const { line, error } = await world.run(endOf('2026-11-26'));
    expect(error).toMatchObject({ code: 'NOTIFICATION_NOT_SENT', origin: 'AuthorizationError' });
    expect(line).toMatchObject({ outcome: 'failed', counts: { databases: 1 }, notifications: 0 });
    expect([...world.s3.objects.keys()]).toContain('fleet/environment=prod/index.html');
    isRefused = false;
    await world.run(endOf('2026-11-26'));
    await world.run(endOf('2026-11-26'));
    expect(world.sns.messages).toMatchObject([{ subject: 'TimescaleDB fleet prod: 1 vulnerable' }]);
  });

  test('is published after a temporary error', async () => {
    await using world = await startFleetWorld({
      sns: { refuse: (count) => (count < 2 ? 'InternalError' : undefined) },
    });
    world.add(aRun('2026-11-26', { version: VULNERABLE }));
    expect((await world.run(endOf('2026-11-26'))).line).toMatchObject({ notifications: 1 });
    expect(world.sns.messages).toHaveLength(1);
  });
});

test('without a topic nothing is published', async () => {
  await using world = await startFleetWorld({ settings: { topic: undefined, digest: 'daily' } });
  world.add(aRun('2026-11-26', { version: VULNERABLE }));
  const { line } = await world.run(endOf('2026-11-26'), scheduled('2026-11-26'));
  expect(line).not.toHaveProperty('notifications');
  expect(world.sns.connections()).toBe(0);
});
