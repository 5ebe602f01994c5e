import { inflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { html, renderHtml } from '../../../lib/fleet-page/html.ts';
import { firstViewBytes, renderText } from '../../support/fleet/render.ts';
import { sampleDatabase } from '../../support/fleet/sample-database.ts';
import { fleetOf, sampleFleet, sampleReports } from '../../support/fleet/sample-fleet.ts';

const reportsOf = sampleReports({ relations: {} });

/** Returns the names of the compressed blocks of a page, and their contents. */
function blocksOf(page: string): ReadonlyMap<string, readonly unknown[]> {
  const found = page.matchAll(/data-block="([^"]+)">([^<]*)</g);
  return new Map(
    [...found].map(([, name = '', data = '']): [string, readonly unknown[]] => [
      name,
      JSON.parse(inflateRawSync(Buffer.from(data, 'base64')).toString()),
    ]),
  );
}

function count(page: string, part: string): number {
  return page.split(part).length - 1;
}

describe('the first view', () => {
  test('contains all databases of a small fleet', async () => {
    const page = await renderText(sampleFleet(40), { reportsOf });
    expect([...blocksOf(page).keys()]).toStrictEqual(['index']);
    expect(count(page, '<li class="database')).toBe(40);
    expect(count(page, '<noscript>')).toBe(0);
  });

  test.each([150_000, 400_000, 2_000_000])('keeps the limit of %d bytes', async (firstView) => {
    const page = await renderText(sampleFleet(300), {
      reportsOf,
      limits: { firstView, total: 1e9 },
    });
    expect(firstViewBytes(page)).toBeLessThanOrEqual(firstView);
    const blocks = blocksOf(page);
    const listed = count(page, '<li class="database');
    const sizes = (kind: string) =>
      [...blocks].filter(([name]) => name.startsWith(kind)).flatMap(([, items]) => items).length;
    expect([sizes('index'), sizes('row-'), sizes('details-')]).toStrictEqual([
      300,
      300 - listed,
      300 - listed,
    ]);
  });

  test('contains the worst database also beyond the limit', async () => {
    const page = await renderText(sampleFleet(300), { limits: { firstView: 1, total: 1 } });
    expect(count(page, '<li class="database')).toBe(1);
    expect(page).toContain('299 further databases.');
  });
});

describe('the texts of reports', () => {
  test('are the last seven of each database, and the last two in a large fleet', async () => {
    const small = await renderText(sampleFleet(2), { reportsOf });
    expect(count(small, '<pre ')).toBe(14);
    const large = await renderText(sampleFleet(101), { reportsOf });
    expect(count(large, '<pre ')).toBe(202);
  });

  test('are left out beyond the limit of the page', async () => {
    const page = await renderText(sampleFleet(101), {
      reportsOf,
      limits: { firstView: 2_000_000, total: 100_000 },
    });
    const pres = count(page, '<pre ');
    expect(pres).toBeGreaterThan(0);
    expect(pres).toBeLessThan(202);
  });

  test('are where the page says, if it does not have them', async () => {
    const state = fleetOf([sampleDatabase('only', 'current', 1)]);
    const recordedIn = 's3://record/runs/environment=prod/';
    expect(await renderText(state, { recordedIn })).toContain(recordedIn);
    const { recent } = sampleDatabase('only', 'current', 1);
    expect(await renderText(state)).toContain(recent[0]?.sha256);
  });
});

test('a fleet of which most databases are silent names the likely cause', async () => {
  const names = ['a', 'b', 'c'];
  const silent = names.map((name, index) => sampleDatabase(name, 'silent', index));
  const others = ['d', 'e', 'f'].map((name, index) => sampleDatabase(name, 'current', index));
  const cause = '3 of 5 databases are silent';
  expect(await renderText(fleetOf([...silent, ...others.slice(1)]))).toContain(cause);
  expect(await renderText(fleetOf([...silent, ...others]))).not.toContain('databases are silent');
});

describe('a report that a failed run has posted', () => {
  const database = sampleDatabase('only', 'current', 1);
  const [first, second, ...others] = database.recent;
  const failed = { outcome: 'failed', code: 'ENDPOINT_TIMEOUT' } as const;
  const recent = [first, second].flatMap((run, index) =>
    run === undefined ? [] : [{ ...run, ...failed, status: [null, 503][index] ?? null }],
  );
  const state = fleetOf([{ ...database, recent: [...recent, ...others] }]);

  test('is among what was sent, with what is known of its arrival', async () => {
    const page = await renderText(state, {
      reportsOf: async () => recent.map(({ at, status }) => ({ at, status, text: '{}' })),
    });
    expect(page).toMatch(/<summary>[^\n]*posted, arrival unknown<\/span><\/summary>/);
    expect(page).toMatch(/<summary>[^\n]*posted, answered with status 503<\/span><\/summary>/);
  });

  test('is there by its hash if the page does not have its text', async () => {
    const page = await renderText(state);
    expect(page).toContain(
      `<code>${first?.sha256}</code> <span class="arrival">posted, arrival unknown</span>`,
    );
    expect(count(page, 'class="arrival"')).toBe(2);
  });
});

test('removed databases are listed apart from the others', async () => {
  const gone = { ...sampleDatabase('gone', 'current', 1), configured: false, conditions: [] };
  const page = await renderText(fleetOf([sampleDatabase('here', 'current', 2), gone]));
  expect(page).toContain('1 removed database');
  expect(count(page, '<li class="database')).toBe(1);
});

describe('a template', () => {
  test('escapes texts and attributes', () => {
    const text = `<b a="'&`;
    expect(renderHtml(html`<p title=${text}>${text}</p>`)).toBe(
      `<p title="&lt;b a=&quot;'&amp;">&lt;b a=&quot;'&amp;</p>`,
    );
  });

  test('keeps quotation marks in exact texts, and carriage returns everywhere', () => {
    expect(renderHtml(html`<div><pre dir="ltr">${'"\r\n</pre>"'}</pre><p>${'"\r'}</p></div>`)).toBe(
      '<div><pre dir="ltr">"&#13;\n&lt;/pre>"</pre><p>&quot;&#13;</p></div>',
    );
  });
});
