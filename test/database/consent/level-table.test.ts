import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LEVELS, type Level, type Target } from '../../../lib/config/target.ts';
import { type Consent, decideConsent } from '../../../lib/consent/decide-consent.ts';
import type { Facts } from '../../../lib/timescaledb/facts.ts';
import {
  FLAGS,
  type Found,
  startLevelScene,
  WAYS,
  type Way,
  type Ways,
} from '../../support/postgres/level-ways.ts';
import { type OwnServer, startPostgres } from '../../support/postgres/postgres.ts';
import { aTarget } from '../../support/postgres/snapshots.ts';
import { upperBound } from '../../support/vitest/time-limits.ts';

/**
 * What follows from every way of setting the level, alone and in all pairs: written down, and then asked of a real server,
 * in a new session for each.
 *
 *     conf   postgresql.conf
 *     sys    ALTER SYSTEM
 *     db     ALTER DATABASE
 *     all    ALTER ROLE ALL
 *     rep    ALTER ROLE <the reporting role>             rep@   … IN DATABASE
 *     own    ALTER ROLE <the owner of the job>           own@   … IN DATABASE
 *     sup    ALTER ROLE <the bootstrap superuser>        sup@   … IN DATABASE
 *     opt    PGOPTIONS, the start-up options of the session
 *     left   SET, left behind in a pooled session
 *
 * In a table of pairs the row is one way and its level. A cell has three letters, for the column's way at off, at
 * no_functions and at basic. Where row and column are the same way there is one letter: this way alone.
 *
 *     B   granted: basic          by level-set           b   the same by level-default
 *     N   granted: no_functions   by level-set           n   the same by level-default
 *     -   denied by level-off
 *     h   denied by level-hidden
 *     u   denied by level-unreadable
 *
 * Three thoughts explain every cell. The session of the reporting role sees one level, by PostgreSQL's own order: left,
 * opt, rep@, rep, db, all, sys, conf, the default. What conf, sys and opt say behind another is not to be seen, but behind
 * left, as what RESET would bring back. Only conf, sys, db, all and the default speak for the database; what else the session
 * sees hides them, but for db and all, which are read in the catalogs. And whatever is visible, the catalogs' levels of roles
 * among it, can tighten.
 */

/** The library is loaded, so that PostgreSQL says where the session has its level from. */
const LOADED = `
                  conf  sys   db    all   rep   own   sup   rep@  own@  sup@  opt   left
# ALTER SYSTEM, ALTER DATABASE and ALTER ROLE ALL override the file: what it says is not in force, and not to be seen.
# Behind a level of the reporting role's own, what the file says cannot be seen either, and so it is hidden.
# What a session was left with hides less: RESET would bring back the file's, which is seen as the fall-back.
conf off           -    -NB   -NB   -NB   -hh   ---   ---   -hh   ---   ---   -hh   ---
conf no_functions  N    -NB   -NB   -NB   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
conf basic         B    -NB   -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
sys off                  -    -NB   -NB   -hh   ---   ---   -hh   ---   ---   -hh   ---
sys no_functions         N    -NB   -NB   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
sys basic                B    -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
# What is set for the database can be read behind everything, and speaks for it.
db off                         -    ---   ---   ---   ---   ---   ---   ---   ---   ---
db no_functions                N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
db basic                       B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
# So does what is set for all roles; here the database does not override it: all off denies though db says basic.
all off                              -    ---   ---   ---   ---   ---   ---   ---   ---
all no_functions                     N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
all basic                            B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
# The reporting role cannot consent, not even to what the default is: nobody can see that it is the default.
rep off                                    -    ---   ---   ---   ---   ---   ---   ---
rep no_functions                           h    -hh   -hh   -hh   -hh   -hh   -hh   -hh
rep basic                                  h    -hh   -hh   -hh   -hh   -hh   -hh   -hh
# The level of another role leaves the session's alone, which is TimescaleDB's default, and tightens it.
own off                                          -    ---   ---   ---   ---   ---   ---
own no_functions                                 n    -nn   -hh   -nn   -nn   -hh   -hh
own basic                                        b    -nb   -hh   -nb   -nb   -hh   -hh
sup off                                                -    ---   ---   ---   ---   ---
sup no_functions                                       n    -hh   -nn   -nn   -hh   -hh
sup basic                                              b    -hh   -nb   -nb   -hh   -hh
rep@ off                                                     -    ---   ---   ---   ---
rep@ no_functions                                            h    -hh   -hh   -hh   -hh
rep@ basic                                                   h    -hh   -hh   -hh   -hh
own@ off                                                           -    ---   ---   ---
own@ no_functions                                                  n    -nn   -hh   -hh
own@ basic                                                         b    -nb   -hh   -hh
sup@ off                                                                 -    ---   ---
sup@ no_functions                                                        n    -hh   -hh
sup@ basic                                                               b    -hh   -hh
# Nor do start-up options consent; behind what the session was left with they are its fall-back.
opt off                                                                        -    ---
opt no_functions                                                               h    -hh
opt basic                                                                      h    -hh
left off                                                                             -
left no_functions                                                                    h
left basic                                                                           h
`;

/** The same for a role that may read pg_file_settings: where it differs, an off or a no_functions is seen that was not. */
const FILE_IS_READABLE = `
                  conf  sys   db    all   rep   own   sup   rep@  own@  sup@  opt   left
# The file is visible behind everything but ALTER SYSTEM, which has replaced what it says.
conf off           -    -NB   ---   ---   ---   ---   ---   ---   ---   ---   ---   ---
conf no_functions  N    -NB   -NN   -NN   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
conf basic         B    -NB   -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
sys off                  -    ---   ---   ---   ---   ---   ---   ---   ---   ---   ---
sys no_functions         N    -NN   -NN   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
sys basic                B    -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
`;

/**
 * The extension has telemetry, and its library is not loaded: PostgreSQL knows the session's level, but not where that is
 * from. Only what is stored for the database or for all roles can grant, and every off that is seen denies.
 */
const NOT_LOADED = `
                  conf  sys   db    all   rep   own   sup   rep@  own@  sup@  opt   left
conf off           -    -uu   -NB   -NB   -uu   ---   ---   -uu   ---   ---   -uu   -uu
conf no_functions  u    -uu   -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
conf basic         u    -uu   -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
sys off                  -    -NB   -NB   -uu   ---   ---   -uu   ---   ---   -uu   -uu
sys no_functions         u    -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
sys basic                u    -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
db off                         -    ---   ---   ---   ---   ---   ---   ---   ---   ---
db no_functions                N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
db basic                       B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
all off                              -    ---   ---   ---   ---   ---   ---   ---   ---
all no_functions                     N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
all basic                            B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
rep off                                    -    ---   ---   ---   ---   ---   ---   ---
rep no_functions                           u    -uu   -uu   -uu   -uu   -uu   -uu   -uu
rep basic                                  u    -uu   -uu   -uu   -uu   -uu   -uu   -uu
own off                                          -    ---   ---   ---   ---   ---   ---
own no_functions                                 u    -uu   -uu   -uu   -uu   -uu   -uu
own basic                                        u    -uu   -uu   -uu   -uu   -uu   -uu
sup off                                                -    ---   ---   ---   ---   ---
sup no_functions                                       u    -uu   -uu   -uu   -uu   -uu
sup basic                                              u    -uu   -uu   -uu   -uu   -uu
rep@ off                                                     -    ---   ---   ---   ---
rep@ no_functions                                            u    -uu   -uu   -uu   -uu
rep@ basic                                                   u    -uu   -uu   -uu   -uu
own@ off                                                           -    ---   ---   ---
own@ no_functions                                                  u    -uu   -uu   -uu
own@ basic                                                         u    -uu   -uu   -uu
sup@ off                                                                 -    ---   ---
sup@ no_functions                                                        u    -uu   -uu
sup@ basic                                                               u    -uu   -uu
# A placeholder has no fall-back that could be seen: the off of the start-up options is gone when something else is set.
opt off                                                                        -    -uu
opt no_functions                                                               u    -uu
opt basic                                                                      u    -uu
left off                                                                             -
left no_functions                                                                    u
left basic                                                                           u
`;

/** Each way alone, in the words of the log line: decision, level, rule and where. */
const LOADED_IN_WORDS = `
nothing            granted  basic         level-default     default
conf off           denied   off           level-off         configuration-file
conf no_functions  granted  no_functions  level-set         configuration-file
conf basic         granted  basic         level-set         configuration-file
sys off            denied   off           level-off         configuration-file
sys no_functions   granted  no_functions  level-set         configuration-file
sys basic          granted  basic         level-set         configuration-file
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   denied   off           level-hidden      role (reporting-role)
rep basic          denied   off           level-hidden      role (reporting-role)
# What grants is the default; what tightens it is in the sentence.
own off            denied   off           level-off         role (job-owner)
own no_functions   granted  no_functions  level-default     default
own basic          granted  basic         level-default     default
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   granted  no_functions  level-default     default
sup basic          granted  basic         level-default     default
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  denied   off           level-hidden      role-in-database (reporting-role)
rep@ basic         denied   off           level-hidden      role-in-database (reporting-role)
own@ off           denied   off           level-off         role-in-database (job-owner)
own@ no_functions  granted  no_functions  level-default     default
own@ basic         granted  basic         level-default     default
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  granted  no_functions  level-default     default
sup@ basic         granted  basic         level-default     default
opt off            denied   off           level-off         startup-options
opt no_functions   denied   off           level-hidden      startup-options
opt basic          denied   off           level-hidden      startup-options
left off           denied   off           level-off         session
left no_functions  denied   off           level-hidden      session
left basic         denied   off           level-hidden      session
`;

const NOT_LOADED_IN_WORDS = `
nothing            denied   off           level-unreadable  not-readable
# Where a placeholder has its value from PostgreSQL does not say, unless it is stored.
conf off           denied   off           level-off         unknown
conf no_functions  denied   off           level-unreadable  not-readable
conf basic         denied   off           level-unreadable  not-readable
sys off            denied   off           level-off         unknown
sys no_functions   denied   off           level-unreadable  not-readable
sys basic          denied   off           level-unreadable  not-readable
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   denied   off           level-unreadable  not-readable
rep basic          denied   off           level-unreadable  not-readable
own off            denied   off           level-off         role (job-owner)
own no_functions   denied   off           level-unreadable  not-readable
own basic          denied   off           level-unreadable  not-readable
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   denied   off           level-unreadable  not-readable
sup basic          denied   off           level-unreadable  not-readable
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  denied   off           level-unreadable  not-readable
rep@ basic         denied   off           level-unreadable  not-readable
own@ off           denied   off           level-off         role-in-database (job-owner)
own@ no_functions  denied   off           level-unreadable  not-readable
own@ basic         denied   off           level-unreadable  not-readable
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  denied   off           level-unreadable  not-readable
sup@ basic         denied   off           level-unreadable  not-readable
opt off            denied   off           level-off         unknown
opt no_functions   denied   off           level-unreadable  not-readable
opt basic          denied   off           level-unreadable  not-readable
left off           denied   off           level-off         unknown
left no_functions  denied   off           level-unreadable  not-readable
left basic         denied   off           level-unreadable  not-readable
`;

/** Built without telemetry, and the target says nothing: then levelWhenUnset is off. */
const BUILT_WITHOUT_IN_WORDS = `
nothing            denied   off           level-when-unset  level-when-unset
conf off           denied   off           level-off         unknown
conf no_functions  denied   off           level-hidden      unknown
conf basic         denied   off           level-hidden      unknown
sys off            denied   off           level-off         unknown
sys no_functions   denied   off           level-hidden      unknown
sys basic          denied   off           level-hidden      unknown
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   denied   off           level-hidden      role (reporting-role)
rep basic          denied   off           level-hidden      role (reporting-role)
# There is no job, and so nobody who owns it.
own off            denied   off           level-when-unset  level-when-unset
own no_functions   denied   off           level-when-unset  level-when-unset
own basic          denied   off           level-when-unset  level-when-unset
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   denied   off           level-when-unset  level-when-unset
sup basic          denied   off           level-when-unset  level-when-unset
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  denied   off           level-hidden      role-in-database (reporting-role)
rep@ basic         denied   off           level-hidden      role-in-database (reporting-role)
own@ off           denied   off           level-when-unset  level-when-unset
own@ no_functions  denied   off           level-when-unset  level-when-unset
own@ basic         denied   off           level-when-unset  level-when-unset
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  denied   off           level-when-unset  level-when-unset
sup@ basic         denied   off           level-when-unset  level-when-unset
opt off            denied   off           level-off         unknown
opt no_functions   denied   off           level-hidden      unknown
opt basic          denied   off           level-hidden      unknown
left off           denied   off           level-off         unknown
left no_functions  denied   off           level-hidden      unknown
left basic         denied   off           level-hidden      unknown
`;

/** Built without telemetry, and the target's levelWhenUnset is basic: everything visible can tighten that. */
const CHOSEN_IN_WORDS = `
nothing            granted  basic         level-when-unset  level-when-unset
conf off           denied   off           level-off         unknown
conf no_functions  granted  no_functions  level-when-unset  level-when-unset
conf basic         granted  basic         level-when-unset  level-when-unset
sys off            denied   off           level-off         unknown
sys no_functions   granted  no_functions  level-when-unset  level-when-unset
sys basic          granted  basic         level-when-unset  level-when-unset
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   granted  no_functions  level-when-unset  level-when-unset
rep basic          granted  basic         level-when-unset  level-when-unset
own off            granted  basic         level-when-unset  level-when-unset
own no_functions   granted  basic         level-when-unset  level-when-unset
own basic          granted  basic         level-when-unset  level-when-unset
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   granted  no_functions  level-when-unset  level-when-unset
sup basic          granted  basic         level-when-unset  level-when-unset
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  granted  no_functions  level-when-unset  level-when-unset
rep@ basic         granted  basic         level-when-unset  level-when-unset
own@ off           granted  basic         level-when-unset  level-when-unset
own@ no_functions  granted  basic         level-when-unset  level-when-unset
own@ basic         granted  basic         level-when-unset  level-when-unset
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  granted  no_functions  level-when-unset  level-when-unset
sup@ basic         granted  basic         level-when-unset  level-when-unset
opt off            denied   off           level-off         unknown
opt no_functions   granted  no_functions  level-when-unset  level-when-unset
opt basic          granted  basic         level-when-unset  level-when-unset
left off           denied   off           level-off         unknown
left no_functions  granted  no_functions  level-when-unset  level-when-unset
left basic         granted  basic         level-when-unset  level-when-unset
`;

/** Some of the pairs in the same words, the library loaded: what decides is not always what the session sees. */
const PAIRS_IN_WORDS = `
conf off + sys basic                 granted  basic         level-set         configuration-file
conf off + db basic                  granted  basic         level-set         database
conf off + left basic                denied   off           level-off         session-reset-value
conf basic + own no_functions        granted  no_functions  level-set         configuration-file
conf basic + opt basic               denied   off           level-hidden      startup-options
db basic + all off                   denied   off           level-off         all-roles
db basic + all no_functions          granted  no_functions  level-set         database
db no_functions + rep basic          granted  no_functions  level-set         database
db basic + sup@ off                  denied   off           level-off         role-in-database (bootstrap-superuser)
db basic + left no_functions         granted  no_functions  level-set         database
all no_functions + opt basic         granted  no_functions  level-set         all-roles
rep off + rep@ basic                 denied   off           level-off         role (reporting-role)
rep basic + rep@ basic               denied   off           level-hidden      role-in-database (reporting-role)
rep basic + own off                  denied   off           level-off         role (job-owner)
own off + own@ basic                 denied   off           level-off         role (job-owner)
opt off + left basic                 denied   off           level-off         session-reset-value
`;

/** Without the lines that explain. */
function linesOf(table: string): string {
  return table.replaceAll(/^#.*\n/gm, '');
}

/** The letters of the tables of pairs. */
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

/** The first of two ways is that of the row. */
function labelOf(ways: Ways): string {
  const used = WAYS.filter((way) => ways[way] !== undefined);
  return used.map((way) => `${way} ${ways[way]}`).join(' + ') || 'nothing';
}

/** What one cell of a table of pairs tells: a way alone, or with another at each level. */
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
    if (consent === undefined) return `${label} was not tried`;
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

/** What a new session of the reporting role finds in each case. */
async function lookAt(cases: readonly Ways[], preparation?: string): Promise<Map<string, Found>> {
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

const SILENT = aTarget();
const CHOOSING = aTarget({ levelWhenUnset: 'basic' });

describe('on a server whose extension has telemetry', () => {
  let found: ReadonlyMap<string, Found>;
  beforeAll(async () => {
    found = await lookAt([{}, ...casesOf(WAYS)]);
  }, upperBound(180_000));

  // What the target says is for servers built without, and must make no difference here.
  describe.each([SILENT, CHOOSING])('where levelWhenUnset is $levelWhenUnset', (target) => {
    const consents = (which: keyof Found) => consentsOf(found, (all) => all[which], target);

    test('each place alone decides as in the table, with the library loaded', () => {
      expect(tableInWords(ALONE_LABELS, consents('loaded'))).toBe(linesOf(LOADED_IN_WORDS));
    });

    test('all pairs of places decide as in the table, with the library loaded', () => {
      expect(tableOfPairs(WAYS, consents('loaded'))).toBe(linesOf(LOADED));
    });

    test('some pairs have the place and the rule of the table, with the library loaded', () => {
      const labels = PAIRS_IN_WORDS.trim()
        .split('\n')
        .map((written) => written.slice(0, 37).trim());
      expect(tableInWords(labels, consents('loaded'))).toBe(PAIRS_IN_WORDS);
    });

    test('a configuration file and every other place decide as in the table, for a role that can read pg_file_settings', () => {
      expect(tableOfPairs(['conf', 'sys'], consents('fileIsReadable'))).toBe(
        linesOf(FILE_IS_READABLE),
      );
    });

    test('each place alone decides as in the table, with the library not loaded', () => {
      expect(tableInWords(ALONE_LABELS, consents('notLoaded'))).toBe(linesOf(NOT_LOADED_IN_WORDS));
    });

    test('all pairs of places decide as in the table, with the library not loaded', () => {
      expect(tableOfPairs(WAYS, consents('notLoaded'))).toBe(linesOf(NOT_LOADED));
    });
  });
});

test('each place alone decides as in the table on a server built without telemetry', {
  timeout: upperBound(60_000),
}, async () => {
  const found = await lookAt(
    ALONE,
    `alter extension timescaledb drop function get_telemetry_report();
     delete from _timescaledb_catalog.bgw_job;`,
  );
  const consents = (target: Target) => consentsOf(found, ({ notLoaded }) => notLoaded, target);
  expect(tableInWords(ALONE_LABELS, consents(SILENT))).toBe(linesOf(BUILT_WITHOUT_IN_WORDS));
  expect(tableInWords(ALONE_LABELS, consents(CHOOSING))).toBe(linesOf(CHOSEN_IN_WORDS));
});
