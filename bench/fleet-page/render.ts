import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderPage } from '../../lib/fleet-page/render-page.ts';
import { sampleFleet, sampleReports } from '../../test/support/fleet/sample-fleet.ts';

/** Renders one page in a process of its own, and prints time and peak memory. Arguments: databases, days, file. */
const [databases = '40', days = '90', file = ''] = process.argv.slice(2);
const example = join(import.meta.dirname, '..', '..', 'docs', 'examples', '2.28.3.json');
const reportsOf = sampleReports(JSON.parse(readFileSync(example, 'utf8')));
const state = sampleFleet(Number(databases), Number(days));

writeFileSync(file, '');
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
for await (const part of renderPage(state, { reportsOf })) writeFileSync(file, part, { flag: 'a' });
const { user, system } = process.cpuUsage(cpuBefore);
process.stdout.write(
  JSON.stringify({
    ms: performance.now() - startedAt,
    cpuMs: (user + system) / 1_000,
    peakMb: process.resourceUsage().maxRSS / 1_000,
  }),
);
