import { describe, expect, test } from 'vitest';
import type { FleetVariables } from '../../../lib/fleet-report/settings.ts';
import { showWidget } from '../../../lib/fleet-report/widget/show-widget.ts';
import { aRun, UP_TO_DATE } from '../fleet/runs.ts';
import { startFleetWorld } from './fleet-world.ts';

const NOW = '2026-11-28T23:58:10.000Z';
const HOSTILE = '<img src=x onerror=alert(1)>"\'&\u202e';

async function widgetOf(
  world: Awaited<ReturnType<typeof startFleetWorld>>,
  variables: Partial<FleetVariables> = {},
) {
  return showWidget('render', { ...world.variables, ...variables }, { limitMs: 10_000 });
}

describe('the widget', () => {
  test('has the counts and the worst databases, and writes nothing', async () => {
    const databases = [
      { name: 'orders', tickHours: 24 },
      { name: 'metrics', tickHours: 24 },
    ];
    const mute = [{ database: 'orders', reason: HOSTILE }];
    await using world = await startFleetWorld({ databases, mute });
    const version = {
      ...UP_TO_DATE,
      installed: HOSTILE,
      verdicts: ['upgrade-package'],
      advisories: ['GHSA-44jh-j22r-33wq'],
    };
    world.add(aRun('2026-11-28', { version }), aRun('2026-11-28', { database: 'metrics' }));
    await world.run(NOW);
    const before = world.s3.requests.length;
    const { line, result = '' } = await widgetOf(world);
    expect(line).toMatchObject({ outcome: 'shown', severity: 'INFO' });
    expect(world.s3.requests.slice(before).map(({ method }) => method)).toStrictEqual([
      'GET',
      'GET',
    ]);
    expect(result).toContain('2 databases, as of 2026-11-28 23:58 UTC');
    expect(result).toContain('<td><b>1</b> of 2</td>');
    expect(result).toContain('<td>orders</td><td>vulnerable, behind</td>');
    expect(result).not.toContain('<td>metrics</td>');
    expect(result).toContain(
      'https://us-east-1.console.aws.amazon.com/s3/object/records?region=us-east-1&amp;prefix=fleet%2Fenvironment%3Dprod%2Findex.html',
    );
    expect(result).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    expect(result).not.toMatch(/<img|\u202e/);
  });

  test('links the page in the console of its partition, and names it where that is not known', async () => {
    await using world = await startFleetWorld();
    await world.run(NOW);
    const linkIn = async (region: string) =>
      /Page of the fleet: \S+(?=<)|https:[^?]+/.exec(
        (await widgetOf(world, { AWS_REGION: region })).result ?? '',
      )?.[0];
    expect([
      await linkIn('cn-north-1'),
      await linkIn('eusc-de-east-1'),
      await linkIn('us-gov-west-1'),
      await linkIn('us-isob-east-1'),
    ]).toEqual([
      'https://cn-north-1.console.amazonaws.cn/s3/object/records',
      'https://eusc-de-east-1.console.amazonaws-eusc.eu/s3/object/records',
      'https://us-gov-west-1.console.amazonaws-us-gov.com/s3/object/records',
      'Page of the fleet: s3://records/fleet/environment=prod/index.html',
    ]);
  });

  test('names the likely cause if most databases are silent', async () => {
    const databases = ['orders', 'metrics'].map((name) => ({ name, tickHours: 24 }));
    await using world = await startFleetWorld({ databases });
    world.add(aRun('2026-11-24'), aRun('2026-11-24', { database: 'metrics' }));
    await world.run(NOW);
    const { result } = await widgetOf(world);
    expect(result).toMatch(/<b>2 of 2 databases are silent.*check the schedules\.<\/b>/);
  });

  test('lists 15 databases, and counts the others', async () => {
    const databases = Array.from({ length: 40 }, (_, index) => ({
      name: `db-${index}`,
      tickHours: 24,
    }));
    await using world = await startFleetWorld({ databases });
    await world.run(NOW);
    const { result = '' } = await widgetOf(world);
    expect(result.match(/<td>db-\d+<\/td>/g)).toHaveLength(15);
    expect(result).toContain('25 more databases have a condition.');
  });

  test('says so before the first report, and when its JSON is damaged', async () => {
    await using world = await startFleetWorld();
    expect((await widgetOf(world)).result).toContain('no report has been made yet');
    await world.run(NOW);
    const { gzipSync } = await import('node:zlib');
    world.s3.objects.set('fleet/environment=prod/fleet.json', gzipSync('{"version":2}'));
    expect((await widgetOf(world)).result).toContain('damaged or of another version');
  });

  test('describes itself without a request', async () => {
    await using world = await startFleetWorld();
    const { result } = await showWidget('describe', world.variables, { limitMs: 1_000 });
    expect(result).toMatch(/^## Fleet/);
    expect(world.s3.connections()).toBe(0);
  });

  test('fails if S3 refuses its JSON', async () => {
    await using world = await startFleetWorld({ s3: { refuse: () => 'AccessDenied' } });
    expect(await widgetOf(world)).toMatchObject({
      result: undefined,
      line: { outcome: 'failed', error: { code: 'RECORD_DENIED' } },
    });
  });
});
