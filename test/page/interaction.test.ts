import { expect, test } from 'vitest';
import { useBrowser } from '../support/browser/use-browser.ts';
import { renderText } from '../support/fleet/render.ts';
import { sampleFleet } from '../support/fleet/sample-fleet.ts';

const open = useBrowser();

const FORTY = await renderText(sampleFleet(40));

const names = '.list > li .name';

test('finds databases by name, version, advisory and state', async () => {
  const { page } = await open(FORTY);
  const status = page.locator('.controls output');
  const search = page.getByRole('searchbox', { name: 'Search' });
  await search.fill('ORDERS-09');
  await status.getByText('1 of 40 databases').waitFor();
  expect(await page.locator(names).allTextContents()).toStrictEqual(['orders-09']);
  await search.fill('ghsa-hcfx 2.27');
  await status.getByText('2 of 40 databases').waitFor();
  await search.fill('withheld');
  await status.getByText('2 of 40 databases').waitFor();
  await search.fill('no such database');
  await status.getByText('0 of 40 databases').waitFor();
  await search.fill('');
  await status.getByText('40 databases', { exact: true }).waitFor();
});

test('filters by condition, also from a count', async () => {
  const { page } = await open(FORTY);
  const status = page.locator('.controls output');
  await page.getByRole('combobox', { name: 'Show' }).selectOption('silent');
  await status.getByText('2 of 40 databases').waitFor();
  expect(await page.locator(names).allTextContents()).toStrictEqual(['audit-24', 'billing-04']);
  await page.locator('.count').getByText('Behind').click();
  await status.getByText('12 of 40 databases').waitFor();
  expect(await page.getByRole('combobox', { name: 'Show' }).inputValue()).toBe('5');
  await page.getByRole('combobox', { name: 'Show' }).selectOption('with a condition');
  await status.getByText('20 of 40 databases').waitFor();
});

test('orders by name, version, run and volume, and keeps a row open', async () => {
  const { page } = await open(FORTY);
  const order = page.getByRole('combobox', { name: 'Order' });
  await page.locator(names).first().click();
  await order.selectOption('Name');
  await page.locator(names).first().getByText('archive-06').waitFor();
  const byName = await page.locator(names).allTextContents();
  expect(byName).toStrictEqual(byName.toSorted());
  expect(await page.locator('.list > li > details[open] .name').textContent()).toBe('orders-09');
  await order.selectOption('Oldest version first');
  await page.locator(names).first().getByText('orders-01').waitFor();
  await order.selectOption('Longest without a run first');
  await page.locator(names).first().getByText('audit-16').waitFor();
  await order.selectOption('Worst first');
  await page.locator(names).first().getByText('orders-09').waitFor();
});

test('opens rows and reaches every control with the keyboard alone', async () => {
  const { page } = await open(FORTY);
  const reached: unknown[] = [];
  for (let presses = 0; presses < 14; presses += 1) {
    await page.keyboard.press('Tab');
    const found: unknown = await page.evaluate(
      'document.activeElement.dataset.show ?? document.activeElement.name ?? document.activeElement.tagName',
    );
    reached.push(found);
  }
  expect(reached.slice(0, 5)).toStrictEqual(['1', '0', '2', '5', '6']);
  expect(reached).toEqual(expect.arrayContaining(['search', 'show', 'order']));
  const summary = page.locator('.list > li summary').first();
  await summary.focus();
  await page.keyboard.press('Enter');
  await page.locator('.details').first().getByText('Recent runs', { exact: true }).waitFor();
  await page.keyboard.press('Space');
  expect(await page.locator('.list > li > details[open]').count()).toBe(0);
  // The ring of the focus can be seen.
  expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe(
    'solid',
  );
});

test('opens rows without JavaScript, and shows no control that needs it', async () => {
  const { page } = await open(FORTY, { javaScriptEnabled: false });
  expect(await page.locator('.list > li').count()).toBe(40);
  expect(await page.locator('.controls').isVisible()).toBe(false);
  await page.locator('.list > li summary').first().click();
  const details = page.locator('.details').first();
  for (const heading of ['State', 'Consent', 'Recent runs', 'Figures over time', 'What was sent']) {
    expect(await details.getByRole('heading', { name: heading }).isVisible()).toBe(true);
  }
  expect(await details.locator('svg.spark').count()).toBe(3);
});
