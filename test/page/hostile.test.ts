import { expect, test } from 'vitest';
import { useBrowser } from '../support/browser/use-browser.ts';
import { renderText } from '../support/fleet/render.ts';
import { sampleDatabase } from '../support/fleet/sample-database.ts';
import { fleetOf } from '../support/fleet/sample-fleet.ts';

const open = useBrowser();

const NAMES = [
  '<script>document.title = "hacked"</script>',
  '"><img src=x onerror="document.title = \'hacked\'">',
  "'onmouseover='alert(1)",
  '</summary></details></ol></main>',
  '</noscript></script><script>document.title = "hacked"</script>',
  '&lt;b&gt; &amp;quot;',
  '{{document.title}}',
  'prod\u202egnitroper\u202c',
  'zero\u200bwidth\u0000\u0007',
  '__proto__',
  'constructor',
  'ünïcødé 数据库 🐘',
  'half of a pair \ud83d',
  '',
  'x'.repeat(5_000),
] as const;

/** Every text of a database is one that a server or the record can choose. */
function hostileDatabase(name: string, seed: number) {
  const database = sampleDatabase(name, 'vulnerable', seed);
  const { lastRun, version, consent, figures } = database;
  return {
    ...database,
    lastRun: lastRun && { ...lastRun, message: name, remedy: name, warnings: [name], code: name },
    version: version && {
      ...version,
      installed: name,
      available: name,
      reachable: name,
      latest: name,
      fix: name,
      verdicts: [name],
      advisories: [name, 'GHSA-hcfx-29v5-2rcw'],
      sentence: name,
    },
    consent: consent && {
      ...consent,
      rule: name,
      where: name,
      holder: name,
      level: name,
      sentence: name,
    },
    figures: figures && { ...figures, postgresql: name },
    history: { ...database.history, names: [name, `${name}.`] },
    recent: database.recent.map((run) => ({ ...run, code: name, sha256: name, tick: name })),
    identity: { at: name, uuid: name },
    sent: {
      at: name,
      bytes: 1,
      sha256: name,
      sentAt: name,
      endpoint: name,
      status: 200,
      arrival: 'accepted' as const,
    },
    due: { at: name, nextDue: name },
    action: name,
    since: { vulnerable: name, installed: name },
    mutes: [{ reason: name, advisory: name, until: name }],
    formerName: name,
    lastSuccess: name,
  };
}

const HOSTILE = fleetOf(NAMES.map(hostileDatabase), {
  environment: NAMES[0],
  account: NAMES[1],
  region: NAMES[4],
  problems: NAMES.map((name) => ({ object: name, date: name, problem: name })),
});

const report = { at: '2026-11-28T02:00:00.000Z', text: NAMES.join('\n') };

/** A limit of one byte leaves one database in the list; the others are in the table without JavaScript, and compressed. */
const LIMITS = [
  ['in the list', undefined],
  ['compressed', { firstView: 1, total: 1e9 }],
] as const;

test.each(LIMITS)('shows hostile texts as texts: %s', async (_, limits) => {
  const html = await renderText(HOSTILE, {
    reportsOf: async () => [report],
    ...(limits && { limits }),
  });
  const { page, errors, requests } = await open(html);
  await page
    .locator('.controls output')
    .getByText(`${NAMES.length} databases`, { exact: true })
    .waitFor();
  for (const row of await page.locator('.list > li').all())
    await row.locator('summary').first().click();
  await page
    .locator('.details')
    .nth(NAMES.length - 1)
    .waitFor();
  const names = await page.locator('.list .name').allTextContents();
  expect(names).toContain(NAMES[0]);
  expect(names).toContain(NAMES[4]);
  expect(names).toContain('prod‹U+202E›gnitroper‹U+202C›');
  expect(names).toContain('zero‹U+200B›width‹U+0000›‹U+0007›');
  expect(names).toContain('(empty name)');
  expect(
    await page.locator('.list img, .list script, .list b b, [onerror], [onmouseover]').count(),
  ).toBe(0);
  expect(await page.title()).toBe(`Fleet ${NAMES[0]}`);
  expect([...errors, ...requests]).toStrictEqual([]);
});

test('shows hostile texts as texts without JavaScript', async () => {
  const html = await renderText(HOSTILE, { limits: { firstView: 1, total: 1 } });
  const { page } = await open(html, { javaScriptEnabled: false });
  expect(await page.locator('main img, main script').count()).toBe(0);
  expect(await page.title()).toBe(`Fleet ${NAMES[0]}`);
});

test('does not run a script or load a resource that gets into the page', async () => {
  const html = await renderText(fleetOf([sampleDatabase('only', 'current', 1)]));
  const intruder =
    '<img src="http://127.0.0.1:9/a.png"><link rel="stylesheet" href="http://127.0.0.1:9/a.css"><script>document.title = "hacked"</script>';
  const { page, errors } = await open(html.replace('<main>', `${intruder}<main>`));
  expect(await page.title()).toBe('Fleet prod');
  expect(errors.filter((text) => text.includes('Content Security Policy'))).toHaveLength(3);
  await expect(page.evaluate("fetch('http://127.0.0.1:9/')")).rejects.toThrow('Failed to fetch');
});
