import { describe, expect, test } from 'vitest';
import type { DailyFigures } from '../../../lib/fleet/fleet-state.ts';
import { chartDays, thin } from '../../../lib/fleet-page/charts/chart-days.ts';
import { spreadLabels } from '../../../lib/fleet-page/charts/chart-frame.ts';
import { runsChart } from '../../../lib/fleet-page/charts/runs-chart.ts';
import { sparkline } from '../../../lib/fleet-page/charts/sparkline.ts';
import { versionChart } from '../../../lib/fleet-page/charts/version-chart.ts';
import { renderHtml } from '../../../lib/fleet-page/html.ts';

const NONE = { count: 0, of: 0 };

function day(date: string, versions: Readonly<Record<string, number>>): DailyFigures {
  const databases = Object.values(versions).reduce((sum, one) => sum + one, 0);
  return {
    date,
    databases,
    silent: NONE,
    broken: NONE,
    vulnerable: NONE,
    behind: NONE,
    withheld: NONE,
    reported: databases,
    failed: 0,
    versions,
    dataVolume: { bytes: 0, of: 0 },
  };
}

function drawVersions(days: readonly DailyFigures[]): string {
  return renderHtml(versionChart({ days, leftOut: 0 }));
}

/** Texts of the labels at the right of the wide drawing. */
function labelsOf(html: string): readonly string[] {
  const [wide = ''] = /<svg class="wide".*?<\/svg>/s.exec(html) ?? [];
  const [, edge = ''] = /<g class="edge">(.*)/s.exec(wide) ?? [];
  return [...edge.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = '']) => text);
}

describe('the days of the charts', () => {
  test('are in order, and none is later than the state or without a date', () => {
    const daily = ['2026-11-28', 'infinity', '2026-11-29', '2026-11-27', ''].map((date) =>
      day(date, {}),
    );
    const { days, leftOut } = chartDays({ asOf: '2026-11-28T06:00:00.000Z', daily });
    expect(days.map(({ date }) => date)).toStrictEqual(['2026-11-27', '2026-11-28']);
    expect(leftOut).toBe(3);
  });

  test.each([
    [[], 3, []],
    [[1, 2, 3], 3, [1, 2, 3]],
    [[1, 2, 3, 4], 3, [2, 4]],
    [[1, 2, 3, 4, 5, 6, 7], 3, [1, 4, 7]],
  ])('%j is thinned to %d values, the last one among them', (values, most, thinned) => {
    expect(thin(values, most)).toStrictEqual(thinned);
  });
});

describe('versions over time', () => {
  test('are labelled from the newest to the oldest release, compared as numbers', () => {
    const html = drawVersions([day('2026-11-28', { '2.9': 1, '2.28': 3, '2.10': 2 })]);
    expect(labelsOf(html)).toStrictEqual(['2.28 · 3', '2.10 · 2', '2.9 · 1']);
  });

  test('share a band from the ninth release on, and texts that are no version are the last', () => {
    const releases = Array.from({ length: 12 }, (_, n) => [`2.${n + 10}`, 1]);
    const html = drawVersions([day('2026-11-28', { ...Object.fromEntries(releases), other: 2 })]);
    expect(labelsOf(html)).toStrictEqual([
      '2.21 · 1',
      '2.20 · 1',
      '2.19 · 1',
      '2.18 · 1',
      '2.17 · 1',
      '2.16 · 1',
      'older · 6',
      'other · 2',
    ]);
    expect(html).toContain('>2.10, 2.11, 2.12, 2.13, 2.14, 2.15<');
  });

  test('have no label for a release that is no longer installed', () => {
    const html = drawVersions([day('2026-11-27', { '2.27': 1 }), day('2026-11-28', { '2.28': 1 })]);
    expect(labelsOf(html)).toStrictEqual(['2.28 · 1']);
    expect(html.match(/class="band/g)).toHaveLength(4);
  });

  test.each([
    ['no day', []],
    ['days without a version', [day('2026-11-27', {}), day('2026-11-28', {})]],
  ])('are a sentence with %s', (_, days) => {
    expect(drawVersions(days)).toContain('No version has been read yet.');
  });

  test('have only finite coordinates, also with a gap of years', () => {
    const days = [
      day('2006-01-01', { '2.1': 1 }),
      day('2026-11-28', { '2.28': 1e6, constructor: 1 }),
    ];
    for (const html of [drawVersions(days), renderHtml(runsChart({ days, leftOut: 0 }))]) {
      expect(html).not.toMatch(/NaN|Infinity|undefined|null/);
    }
  });
});

test('runs by day are a sentence without a day, and bars without a run', () => {
  expect(renderHtml(runsChart({ days: [], leftOut: 0 }))).toContain(
    'No run has been recorded yet.',
  );
  const html = renderHtml(runsChart({ days: [day('2026-11-28', {})], leftOut: 0 }));
  expect(labelsOf(html)).toStrictEqual(
    expect.arrayContaining(['0 databases', '0 with a run', '0 failed']),
  );
});

describe('labels at the edge', () => {
  test.each([
    [[], []],
    [[50], [50]],
    [
      [50, 52, 53],
      [50, 64, 78],
    ],
    [
      [95, 99],
      [86, 100],
    ],
    [
      [1, 99, 100, 100],
      [1, 72, 86, 100],
    ],
  ])('at %j are moved to %j', (wanted, places) => {
    expect(spreadLabels(wanted, 100)).toStrictEqual(places);
  });
});

describe('a sparkline', () => {
  test.each([
    ['no point', []],
    ['one point', [[20_000, 5]]],
  ] as const)('is left out with %s', (_, points) => {
    expect(sparkline(points, [100, 20], 'zero')).toBeNull();
  });

  test.each([
    [
      'equal values',
      [
        [1, 7],
        [2, 7],
      ],
    ],
    [
      'zeros',
      [
        [1, 0],
        [2, 0],
      ],
    ],
    [
      'negative values',
      [
        [1, -5],
        [2, 5],
      ],
    ],
    [
      'two values of a day',
      [
        [1, 5],
        [1, 6],
      ],
    ],
  ] as const)('has finite coordinates with %s', (_, points) => {
    for (const from of ['zero', 'smallest'] as const) {
      const drawn = sparkline(points, [100, 20], from);
      expect(drawn && renderHtml(drawn)).not.toMatch(/NaN|Infinity/);
    }
  });
});
