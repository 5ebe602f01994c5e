import fc from 'fast-check';
import coerce from 'semver/functions/coerce.js';
import { expect, test } from 'vitest';
import { finishChange, finishPreview } from '../../../cli/output/finish.ts';
import { showCheck } from '../../../cli/output/results/show-check.ts';
import { showOutcome } from '../../../cli/output/results/show-outcome.ts';
import { createTerminalReporter } from '../../../cli/output/terminal/terminal.ts';
import { createLog } from '../../../lib/observability/logger.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import type { Line } from '../../../lib/run/outcome.ts';
import { createDatabase } from '../../support/postgres/databases.ts';
import { captured } from '../../support/process/captured.ts';
import { configureAs } from '../../support/run/configuring.ts';
import { secretFor, startWorld, type World } from '../../support/run/world.ts';
import type { HandmadeRelease } from '../../support/timescaledb/catalogs.ts';
import { fillWithKnownContents } from '../../support/timescaledb/contents.ts';
import { disorders } from '../../support/timescaledb/disorders.ts';
import { disturb } from '../../support/timescaledb/disturb.ts';
import type { Json } from '../../support/timescaledb/reports.ts';
import { objectionsTo } from '../../support/timescaledb/schemas.ts';

const LIMIT_BYTES = 16_384;
const REPORT_LIMIT_BYTES = 1_048_576;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** One release of each form of the catalogs. */
const RELEASES: readonly HandmadeRelease[] = [
  '1.4.2',
  '1.7.5',
  '2.5.2',
  '2.13.1',
  '2.28.3',
  '2.29.2',
];

/** Checks that a text is one JSON object on one line, within the limit of a line. */
function expectLine(text: string): Json {
  expect(text.endsWith('\n')).toBe(true);
  const line = text.slice(0, -1);
  expect(Buffer.byteLength(line)).toBeLessThanOrEqual(LIMIT_BYTES);
  expect(line).not.toMatch(UNPRINTABLE);
  return JSON.parse(line);
}

/** Checks the summary line of the real logger. INTERNAL, a defect of this project, is not allowed. */
function expectSummary(line: Line): void {
  const summary = expectLine(captured(() => createLog().write(line)));
  expect(summary).toMatchObject({
    outcome: expect.any(String),
    environment: 'test',
    database: 'metrics',
  });
  expect(JSON.stringify(summary['error'] ?? {})).not.toContain('INTERNAL');
}

function expectPrintable(text: string): void {
  expect(text.replaceAll('\n', '')).not.toMatch(UNPRINTABLE);
}

/** Checks that the report matches the published list of the release in pg_extension. */
function expectPublished({ endpoint }: World, version: string | undefined): void {
  expect(endpoint.reports.length).toBeLessThanOrEqual(1);
  for (const { body } of endpoint.reports) {
    expect(body.byteLength).toBeLessThanOrEqual(REPORT_LIMIT_BYTES);
    const report: Json = JSON.parse(body.toString('utf8'));
    expect(report['timescaledb_version']).toBe(version);
    expect(objectionsTo(report, coerce(version)?.version ?? '')).toStrictEqual([]);
  }
}

async function expectRun(
  world: World,
  version: string | undefined,
  reportSource: string,
): Promise<string> {
  const { outcome } = await world.run({
    event: { ignoreSchedule: true },
    target: { reportSource },
  });
  expectSummary(outcome);
  expectLine(captured(() => createMetrics().write(outcome)));
  expectPrintable(captured(() => showOutcome(createTerminalReporter(false), outcome, 'the tests')));
  expect(world.endpoint.reports).toHaveLength(outcome.receipt === undefined ? 0 : 1);
  expectPublished(world, version);
  return outcome.outcome;
}

async function expectPreview(world: World): Promise<void> {
  const { outcome, preview } = await world.preview({ event: { alwaysDisplayReport: true } });
  expectSummary(outcome);
  if (preview === undefined) return;
  expect(preview.consent.levels.length).toBeLessThan(50);
  expectPrintable(captured(() => finishPreview(createTerminalReporter(false), preview, false)));
}

async function expectCheck(world: World): Promise<void> {
  const { line, result: examination } = await world.check();
  expectSummary(line);
  if (examination === undefined) return;
  expectPrintable(captured(() => showCheck(createTerminalReporter(false), examination)));
}

test.each(RELEASES)(
  'sends only published fields and writes lines within the limit, for any content of the catalogs of %s',
  async (release) => {
    const outcomes: string[] = [];
    const sources = fc.constantFrom('catalog', 'function');
    await fc.assert(
      fc.asyncProperty(disorders, sources, fc.boolean(), async (all, source, split) => {
        await using database = await createDatabase({ release });
        await fillWithKnownContents(database, release);
        for (const one of all) await disturb(database, release, one);
        const { rows } = await database.admin.query<{ extversion: string }>(
          "select extversion from pg_extension where extname = 'timescaledb'",
        );
        // One mode in each run: only the answers of a worker have bounds for each text.
        await using world = await startWorld({ secret: secretFor(database), split });

        outcomes.push(await expectRun(world, rows[0]?.extversion, source));
        await expectPreview(world);
        await expectCheck(world);
        const event = { action: 'disable', scope: 'database', dryRun: true };
        const { line, result: configured } = await configureAs(database, event);
        expectSummary(line);
        if (configured !== undefined) {
          expectPrintable(
            captured(() => finishChange(createTerminalReporter(false), configured, false)),
          );
        }
      }),
      // The first database has no disorder.
      { numRuns: 5, examples: [[[], 'catalog', false]] },
    );
    expect(outcomes).toContain('sent');
  },
  180_000,
);
