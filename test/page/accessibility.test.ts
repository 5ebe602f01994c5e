import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { useBrowser } from '../support/browser/use-browser.ts';
import { renderText } from '../support/fleet/render.ts';
import { sampleFleet, sampleReports } from '../support/fleet/sample-fleet.ts';

const open = useBrowser();

const reportsOf = sampleReports({ relations: { tables: { num_relations: 3 } } });
const PAGES = [
  ['empty', await renderText(sampleFleet(0))],
  ['one database', await renderText(sampleFleet(1), { reportsOf })],
  ['forty databases', await renderText(sampleFleet(40), { reportsOf })],
] as const;

const VIEWS = [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['360 px wide', { viewport: { width: 360, height: 740 } }],
  ['360 px wide and dark', { viewport: { width: 360, height: 740 }, colorScheme: 'dark' }],
] as const;

describe.each(PAGES)('the page of a fleet: %s', (_, html) => {
  test.each(VIEWS)('has no finding of axe-core: %s', async (__, view) => {
    // The script of axe-core is not the page's own.
    const { page } = await open(html, { ...view, bypassCSP: true });
    for (const summary of await page
      .locator('.list > li:nth-child(-n+8) > details > summary')
      .all()) {
      await summary.click();
    }
    for (const summary of await page
      .locator('li:first-child .report > summary, .figures summary')
      .all()) {
      await summary.click();
    }
    await page.addScriptTag({ content: axe.source });
    const result: axe.AxeResults = await page.evaluate(
      "axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })",
    );
    expect(result.passes.length).toBeGreaterThan(15);
    // axe-core cannot compute the contrast of texts in SVG; test/unit/fleet-page/colours.test.ts checks all pairs of colours.
    const unsure = result.incomplete.filter(({ id }) => id !== 'color-contrast');
    const findings = [...result.violations, ...unsure].map(({ id, nodes }) => [
      id,
      nodes.map((node) => `${node.target} ${node.failureSummary}`).slice(0, 3),
    ]);
    expect(findings).toStrictEqual([]);
  });

  test('fits into 360 px, with rows that are open', async () => {
    const { page } = await open(html, { viewport: { width: 360, height: 740 } });
    for (const summary of await page.locator('.list > li > details > summary').all())
      await summary.click();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });

  test('prints on white paper, without controls', async () => {
    const { page } = await open(html, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    expect(await page.locator('.controls').isVisible()).toBe(false);
    const size = 'getComputedStyle(document.querySelector(".note")).fontSize';
    expect(await page.evaluate(size)).toBe('10px');
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe('rgb(255, 255, 255)');
  });
});
