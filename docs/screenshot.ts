import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { simulateFleet } from '../emulator/fleet-demo.ts';
import { fold } from '../lib/fleet/fold.ts';
import { renderPage } from '../lib/fleet-page/render-page.ts';
import { sentReports } from '../lib/fleet-page/sent-reports.ts';
import { launchBrowser } from '../test/support/browser/launch.ts';

/** Creates docs/images/fleet.png: the page of the simulated fleet, of which the README shows the top. */

const { runs, ...context } = simulateFleet();
const state = fold(undefined, runs, context);
const parts: string[] = [];
for await (const part of renderPage(state, { reportsOf: sentReports(runs) })) parts.push(part);

const folder = await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-screenshot-'));
const browser = await launchBrowser();
try {
  const file = join(folder, 'fleet.html');
  await writeFile(file, parts.join(''));
  const page = await browser.newPage({ viewport: { width: 1200, height: 780 } });
  // The page must not look old in a screenshot.
  await page.clock.setFixedTime(state.asOf);
  await page.goto(pathToFileURL(file).href);
  await page.getByRole('status').getByText('databases').waitFor();
  const images = join(import.meta.dirname, 'images');
  await mkdir(images, { recursive: true });
  const path = join(images, 'fleet.png');
  await page.screenshot({ path });
  const { size } = await stat(path);
  process.stdout.write(`docs/images/fleet.png: ${Math.round(size / 1_000)} kB\n`);
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
