import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LEVELS, type Level, type Target } from '../../../lib/config/target.ts';
import { type Consent, decideConsent } from '../../../lib/consent/decide-consent.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import type { Found } from '../../support/postgres/level-facts.ts';
import {
  FLAGS,
  startLevelScene,
  WAYS,
  type Way,
  type Ways,
} from '../../support/postgres/level-ways.ts';
import { type OwnServer, startPostgres } from '../../support/postgres/postgres.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';
import {
  BUILT_WITHOUT_IN_WORDS,
  CHOSEN_IN_WORDS,
  FILE_IS_READABLE,
  LOADED,
  LOADED_IN_WORDS,
  NOT_LOADED,
  NOT_LOADED_IN_WORDS,
  PAIRS_IN_WORDS,
} from './level-table-cases.ts';

/** Returns a table without its comments. */
function linesOf(table: string): string {
  return table.replaceAll(/^#.*\n/gm, '');
}

/** Letters in the tables of pairs. */
const LETTERS: Readonly<Record<string, string>> = {
  'granted basic level-set': 'B',
  'granted no_functions level-set': 'N',
  'granted basic level-default': 'b',
  'granted no_functions level-default': 'n',
  'denied off level-off': '-',
  'denied off level-hidden': 'h',
  'denied off level-unreadable': 'u',
};

type Consents = ReadonlyMap<string, Consent>;

function decisionOf(consent: Consent): string {
  return consent.granted ? 'granted' : 'denied';
}

function letterOf(consent: Consent | undefined): string {
  if (consent === undefined) return '?';
  return LETTERS[`${decisionOf(consent)} ${consent.level} ${consent.rule}`] ?? '?';
}

/** Names a case; the first of two ways is that of the row. */
function labelOf(ways: Ways): string {
  const used = WAYS.filter((way) => ways[way] !== undefined);
  return used.map((way) => `${way} ${ways[way]}`).join(' + ') || 'nothing';
}

/** Returns the cases of one cell in a table of pairs: a way alone, or with another way at each level. */
function casesOfCell(row: Way, level: Level, column: Way): Ways[] {
  if (row === column) return [{ [row]: level }];
  // Each pair is written once.
  if (WAYS.indexOf(row) > WAYS.indexOf(column)) return [];
  return LEVELS.map((other) => ({ [row]: level, [column]: other }));
}

function casesOf(rows: readonly Way[]): Ways[] {
  return rows.flatMap((row) =>
    LEVELS.flatMap((level) => WAYS.flatMap((column) => casesOfCell(row, level, column))),
  );
}

function line(first: string, width: number, cells: readonly string[], widths: number): string {
  return (first.padEnd(width) + cells.map((cell) => cell.padEnd(widths)).join('')).trimEnd();
}

function tableOfPairs(rows: readonly Way[], consents: Consents): string {
  const lines = rows.flatMap((row) =>
    LEVELS.map((level) => {
      const cells = WAYS.map((column) => {
        const cases = casesOfCell(row, level, column);
        const letters = cases.map((ways) => letterOf(consents.get(labelOf(ways)))).join('');
        return letters.length === 1 ? ` ${letters}` : letters;
      });
      return line(`${row} ${level}`, 18, cells, 6);
    }),
  );
  return ['', line('', 18, WAYS, 6), ...lines, ''].join('\n');
}

function tableInWords(labels: readonly string[], consents: Consents): string {
  const width = labels.some((label) => label.includes('+')) ? 37 : 19;
  const lines = labels.map((label) => {
    const consent = consents.get(label);
    if (consent === undefined) return `${label} was not read`;
    const { level, rule, where, holder } = consent;
    return [
      label.padEnd(width),
      decisionOf(consent).padEnd(9),
      level.padEnd(14),
      rule.padEnd(18),
      holder === undefined ? where : `${where} (${holder})`,
    ].join('');
  });
  return ['', ...lines, ''].join('\n');
}

const ALONE: readonly Ways[] = [
  {},
  ...WAYS.flatMap((way) => LEVELS.map((level) => ({ [way]: level }))),
];
const ALONE_LABELS = ALONE.map(labelOf);

let server: OwnServer;
beforeAll(async () => {
  server = await startPostgres(FLAGS);
});
afterAll(async () => {
  await server?.stop();
});

/** Reads each case in a new session of the reporting role. */
async function readCases(
  cases: readonly Ways[],
  preparation?: string,
): Promise<Map<string, Found>> {
  await using scene = await startLevelScene(server, preparation);
  const found = await scene.look(cases);
  return new Map([...found].map(([ways, facts]) => [labelOf(ways), facts]));
}

function consentsOf(
  found: ReadonlyMap<string, Found>,
  which: (found: Found) => Facts | undefined,
  target: Target,
): Consents {
  const consents = new Map<string, Consent>();
  for (const [label, all] of found) {
    const facts = which(all);
    if (facts !== undefined) consents.set(label, decideConsent(facts, target));
  }
  return consents;
}

const DEFAULT_TARGET = aTarget();
const BASIC_WHEN_UNSET = aTarget({ levelWhenUnset: 'basic' });

describe('on a server whose extension has telemetry', () => {
  let found: ReadonlyMap<string, Found>;
  beforeAll(async () => {
    found = await readCases([{}, ...casesOf(WAYS)]);
  }, upperBound(180_000));

  // levelWhenUnset applies only to servers built without telemetry, and must have no effect here.
  describe.each([DEFAULT_TARGET, BASIC_WHEN_UNSET])(
    'with levelWhenUnset $levelWhenUnset',
    (target) => {
      const consents = (which: keyof Found) => consentsOf(found, (all) => all[which], target);

      test('each way of setting the level alone gives the consent in its table, with the library loaded', () => {
        expect(tableInWords(ALONE_LABELS, consents('loaded'))).toBe(linesOf(LOADED_IN_WORDS));
      });

      test('each pair of ways gives the consent in its table, with the library loaded', () => {
        expect(tableOfPairs(WAYS, consents('loaded'))).toBe(linesOf(LOADED));
      });

      test('some pairs of ways give the place and rule in their table, with the library loaded', () => {
        const labels = PAIRS_IN_WORDS.trim()
          .split('\n')
          .map((written) => written.slice(0, 37).trim());
        expect(tableInWords(labels, consents('loaded'))).toBe(PAIRS_IN_WORDS);
      });

      test('each pair with a configuration file gives the consent in its table, for a role that may read pg_file_settings', () => {
        expect(tableOfPairs(['conf', 'sys'], consents('fileIsReadable'))).toBe(
          linesOf(FILE_IS_READABLE),
        );
      });

      test('each way alone gives the consent in its table, with the library not loaded', () => {
        expect(tableInWords(ALONE_LABELS, consents('notLoaded'))).toBe(
          linesOf(NOT_LOADED_IN_WORDS),
        );
      });

      test('each pair of ways gives the consent in its table, with the library not loaded', () => {
        expect(tableOfPairs(WAYS, consents('notLoaded'))).toBe(linesOf(NOT_LOADED));
      });
    },
  );
});

test('each way alone gives the consent in its table, on a server built without telemetry', {
  timeout: upperBound(60_000),
}, async () => {
  const found = await readCases(
    ALONE,
    `alter extension timescaledb drop function get_telemetry_report();
     delete from _timescaledb_catalog.bgw_job;`,
  );
  const consents = (target: Target) => consentsOf(found, ({ notLoaded }) => notLoaded, target);
  expect(tableInWords(ALONE_LABELS, consents(DEFAULT_TARGET))).toBe(
    linesOf(BUILT_WITHOUT_IN_WORDS),
  );
  expect(tableInWords(ALONE_LABELS, consents(BASIC_WHEN_UNSET))).toBe(linesOf(CHOSEN_IN_WORDS));
});
