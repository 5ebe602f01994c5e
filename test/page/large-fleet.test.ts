import { expect, test } from 'vitest';
import { useBrowser } from '../support/browser/use-browser.ts';
import { firstViewBytes, renderText } from '../support/fleet/render.ts';
import { sampleFleet, sampleReports } from '../support/fleet/sample-fleet.ts';
import { upperBound } from '../support/vitest/time-limits.ts';

const open = useBrowser();

const DATABASES = 10_000;

/** With a short history, so that the test takes seconds; bench/fleet-page.ts measures 90 days. */
const html = await renderText(sampleFleet(DATABASES, 14), {
  reportsOf: sampleReports({ relations: { tables: { num_relations: 3 } } }),
});

test('keeps the first view of 10,000 databases within 2 MB', () => {
  expect(firstViewBytes(html)).toBeLessThanOrEqual(2_000_000);
  expect(firstViewBytes(html)).toBeGreaterThan(1_500_000);
});

test('searches, orders and opens all of 10,000 databases', async () => {
  const { page, errors, requests } = await open(html);
  const status = page.locator('.controls output');
  const limit = { timeout: upperBound(2_000) };
  await status.getByText('10,000 databases', { exact: true }).waitFor(limit);
  // The last one of the worst first: its row and its details are compressed.
  await page.getByRole('searchbox').fill('audit-10000');
  await status.getByText('1 of 10,000 databases').waitFor(limit);
  await page.locator('.list .name').click();
  const details = page.locator('.list .details');
  await details.getByRole('heading', { name: 'What was sent' }).waitFor(limit);
  await details.locator('.report > summary').first().click();
  expect(await details.locator('pre').first().textContent()).toContain(
    '"exported_db_uuid":"audit-10000"',
  );
  await page.getByRole('searchbox').fill('');
  await page.getByRole('combobox', { name: 'Order' }).selectOption('Name');
  await page.locator('.list .name').first().getByText('archive-06').waitFor(limit);
  expect(await page.locator('.list > li').count()).toBe(200);
  await page.getByRole('button', { name: 'Show 200 more of 9,800' }).click();
  await page.getByRole('button', { name: 'Show 200 more of 9,600' }).waitFor(limit);
  expect(await page.locator('.list > li').count()).toBe(400);
  expect(await page.locator('.list > li').nth(200).locator('summary:focus').count()).toBe(1);
  expect([...errors, ...requests]).toStrictEqual([]);
});

test('shows all of 10,000 databases without JavaScript, the worst with details', async () => {
  const { page } = await open(html, { javaScriptEnabled: false });
  const listed = await page.locator('.list > li').count();
  const short = await page.locator('table.short tbody tr').count();
  expect(listed).toBeGreaterThan(40);
  expect(listed + short).toBe(DATABASES);
  expect(await page.locator('table.short tbody tr').last().textContent()).toContain('OK');
  await page.locator('.list > li').last().locator('summary').first().click();
  await page.locator('.list > li').last().getByText('Recent runs', { exact: true }).waitFor();
});
