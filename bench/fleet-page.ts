import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import * as z from 'zod';
import { launchBrowser } from '../test/support/browser/launch.ts';
import { firstViewBytes } from '../test/support/fleet/render.ts';
import { median, printRow } from './support/figures.ts';

/**
 * Measures the page of a fleet by the number of databases: time and memory to render it, its size, and the time until a browser
 * can search it. Each page is rendered in a process of its own.
 */

const { values } = parseArgs({
  options: {
    databases: { type: 'string', default: '40,1000,10000' },
    days: { type: 'string', default: '90' },
    samples: { type: 'string', default: '5' },
  },
});

const renderedSchema = z.object({ ms: z.number(), cpuMs: z.number(), peakMb: z.number() });

async function render(databases: string, file: string) {
  const script = join(import.meta.dirname, 'fleet-page', 'render.ts');
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [script, databases, values.days, file]);
  return renderedSchema.parse(JSON.parse(stdout));
}

/** Returns the time from the navigation until the list can be searched, and that of a search, in milliseconds. */
async function use(browser: Browser, file: string): Promise<[usable: number, search: number]> {
  const page = await browser.newPage();
  const status = page.locator('.controls output');
  const startedAt = performance.now();
  await page.goto(pathToFileURL(file).href, { waitUntil: 'commit' });
  await page.locator('.controls:visible').waitFor();
  await page.getByRole('searchbox').fill('-02');
  await status.getByText(' of ').waitFor();
  const usableAt = performance.now();
  await page.getByRole('searchbox').fill('no such database');
  await status.getByText('0 of ').waitFor();
  const searchedAt = performance.now();
  await page.close();
  return [usableAt - startedAt, searchedAt - usableAt];
}

const WIDTHS = [9, 9, 9, 9, 9, 13, 11, 10];
printRow(
  ['databases', 'ms', 'CPU ms', 'peak MB', 'page MB', 'first view MB', 'usable ms', 'search ms'],
  WIDTHS,
);

const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-bench-'));
const browser = await launchBrowser();
try {
  for (const databases of values.databases.split(',')) {
    const file = join(folder, `${databases}.html`);
    const { ms, cpuMs, peakMb } = await render(databases, file);
    const html = await readFile(file, 'utf8');
    const uses: [number, number][] = [];
    for (let n = 0; n < Number(values.samples); n += 1) uses.push(await use(browser, file));
    printRow(
      [
        databases,
        ...[ms, cpuMs, peakMb].map((one) => one.toFixed(0)),
        ...[Buffer.byteLength(html), firstViewBytes(html)].map((bytes) => (bytes / 1e6).toFixed(2)),
        ...[0, 1].map((index) => median(uses.map((one) => one[index] ?? 0)).toFixed(0)),
      ],
      WIDTHS,
    );
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
