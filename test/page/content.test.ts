import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { useBrowser } from '../support/browser/use-browser.ts';
import { renderText } from '../support/fleet/render.ts';
import { sampleDatabase } from '../support/fleet/sample-database.ts';
import { fleetOf, sampleFleet } from '../support/fleet/sample-fleet.ts';

const open = useBrowser();

const rows = '.list > li';

test('shows an environment without databases', async () => {
  const { page, errors, requests } = await open(await renderText(sampleFleet(0)));
  await page.getByText('The environment has no database.').waitFor();
  expect(await page.locator('.count .value').allTextContents()).toStrictEqual(
    Array(5).fill('0 of 0'),
  );
  expect(await page.getByText('No version has been read yet.').count()).toBe(1);
  expect(await page.locator('figure svg').count()).toBe(0);
  expect([...errors, ...requests]).toStrictEqual([]);
});

test('shows one database with a run on one day', async () => {
  const state = fleetOf([sampleDatabase('only', 'vulnerable', 1, 1)]);
  const { page, errors } = await open(await renderText(state));
  expect(await page.locator('.count .value').allTextContents()).toStrictEqual([
    '1 of 1',
    '0 of 1',
    '0 of 1',
    '1 of 1',
    '0 of 1',
  ]);
  const chart = page.getByRole('img', { name: 'Number of databases by minor release' });
  await chart.getByText('2.27 · 1').waitFor();
  // One day is as wide as the chart.
  expect(Number((await chart.locator('.band').first().boundingBox())?.width)).toBeGreaterThan(300);
  expect(await page.locator(`${rows} summary`).first().textContent()).toContain('Vulnerable');
  expect(errors).toStrictEqual([]);
});

test('shows forty databases, the worst first, with their versions', async () => {
  const { page, errors, requests } = await open(await renderText(sampleFleet(40)));
  await page.locator('.controls output').getByText('40 databases', { exact: true }).waitFor();
  expect(await page.locator(rows).count()).toBe(40);
  const states = await page.locator(`${rows} .state`).allTextContents();
  expect(states.slice(0, 5)).toStrictEqual([
    'Broken',
    'Broken',
    'Vulnerable',
    'Vulnerable',
    'Silent',
  ]);
  expect(states.at(-1)).toBe('OK');
  expect(await page.locator(rows).nth(2).locator('.version').allTextContents()).toStrictEqual([
    expect.stringContaining('2.27.1'),
    expect.stringContaining('2.27.1'),
    expect.stringMatching(/↑.*2\.32\.1/s),
  ]);
  expect([...errors, ...requests]).toStrictEqual([]);
});

test('shows the exact text, its hash and what changed since the previous report', async () => {
  // A first line break and a carriage return are texts that the parser of HTML changes.
  const older = '\n{"data_volume":100,\r\n"os":"<b>Linux</b> & \\"more\\"","gone":1}';
  const newer = '{"data_volume":1350,"os":"Linux","constructor":true}';
  const state = fleetOf([sampleDatabase('only', 'current', 1)]);
  const { page } = await open(
    await renderText(state, {
      reportsOf: async () => [
        { at: '2026-11-28T02:00:00.000Z', text: newer },
        { at: '2026-11-27T02:00:00.000Z', text: older },
      ],
    }),
  );
  await page.locator(`${rows} summary`).first().click();
  const reports = page.locator('details.report');
  await reports.first().locator('summary').click();
  await reports.nth(1).locator('summary').click();
  for (const [index, text] of [newer, older].entries()) {
    const report = reports.nth(index);
    expect(await report.locator('pre').textContent()).toBe(text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    expect(await report.locator('.hash code').textContent()).toBe(sha256);
  }
  expect(await reports.first().locator('tbody tr').allInnerTexts()).toStrictEqual([
    'data_volume\t100\t1,350\t+1,250',
    'os\t<b>Linux</b> & "more"\tLinux\tchanged',
    'gone\t1\tremoved\tremoved',
    'constructor\tabsent\ttrue\tadded',
  ]);
  await reports.nth(1).getByText('no earlier report').waitFor();
});

test('leaves out days of the future, and says so', async () => {
  const state = sampleFleet(3);
  const [day] = state.daily.slice(-1);
  const future = ['2026-11-29', '2062-01-01', 'infinity'].flatMap((date) =>
    day ? [{ ...day, date }] : [],
  );
  const { page } = await open(await renderText({ ...state, daily: [...state.daily, ...future] }));
  await page.getByText('3 days of the history are later than this page').waitFor();
  expect(await page.locator('figure text').getByText('2062').count()).toBe(0);
});

test('shows a run of the future as a time to come', async () => {
  const database = sampleDatabase('only', 'current', 1);
  const at = '2026-12-08T06:00:00.000Z';
  const lastRun = database.lastRun && { ...database.lastRun, at, tick: at };
  const { page } = await open(await renderText(fleetOf([{ ...database, lastRun }])));
  expect(await page.locator(`${rows} .last`).textContent()).toContain('in 10 days');
});

test('warns when the page is old', async () => {
  const { page } = await open(
    await renderText({ ...sampleFleet(1), asOf: '2020-01-01T00:00:00.000Z' }),
  );
  await page.getByText(/This page is [0-9,]+ days old/).waitFor();
});
