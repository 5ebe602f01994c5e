import { describe, expect, test } from 'vitest';
import { ownFiles, readOwn } from '../support/repo/pages.ts';

/**
 * Files whose sentences have been rewritten. A folder counts with everything in it. Add a folder when its sentences are
 * clean; the list ends as `['.']`.
 */
const CLEAN: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  'docs',
  '.ci',
  'examples',
  'functions',
  'infra/bin',
  'infra/stacks',
  'lib/consent',
  'lib/diagnostics',
  'lib/report/fields',
  'lib/report/sql',
  'lib/timescaledb',
  'test/fixtures',
  'test/infra/bundle',
  'test/mutation',
  'test/support/hostile',
  'test/support/lambda',
  'test/unit/config',
  'test/unit/configure',
  'test/unit/consent',
  'test/unit/diagnostics',
  'test/unit/observability',
  'test/unit/report',
  'test/unit/timescaledb',
  'test/repo-rules/documented-commands.test.ts',
  'test/repo-rules/documented-tables.test.ts',
  'test/repo-rules/docs.test.ts',
  'test/repo-rules/links.test.ts',
  'test/repo-rules/readme.test.ts',
  'test/support/repo/pages.ts',
];

/** Generated from texts of folders that are not clean yet, or the list of the words itself. */
const EXCEPT: readonly string[] = [
  'docs/faults.md',
  'docs/report-fields.md',
  'test/repo-rules/plain-words.test.ts',
];

/** Sentences that were replaced: the left column of the house style's table. White space may be a line break. */
const REPLACED: readonly string[] = [
  'Nothing is to be done',
  'is tried again by itself',
  'lets nobody into this database',
  'was dropped half',
  'of this change may not',
  'Done before, and not undone',
  'has what nobody has published',
  'What is written is none',
  'nothing can be said of',
  'What its way does not have',
  'Whatever it is may wait',
  'what is kept at the most',
  'which no Date reads',
  'nobody lives to see',
  'ended without a word',
  'lawful end',
  'with a stopwatch',
  'of TimescaleDB’s catalogs',
];

/** Words that make a reader guess who or what is meant. */
const RIDDLES: readonly RegExp[] = [
  /\b(nobody|somebody|whoever)\b/gi,
  /\bis none\b/gi,
  /\bbe it\b/gi,
  /\bby itself\b/gi,
  /\blets (it|them|us|him|nobody)\b/gi,
  /\bcomes to\b/gi,
  /\btells (it|of|them|him|us|the)\b/gi,
];

/** Line breaks inside a sentence, also those of a comment. */
const BREAK = '(?:\\s+(?:(?:\\*|//|#|>)\\s+)?)';

function toPattern(sentence: string): RegExp {
  const words = sentence.split(' ').map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(words.join(BREAK), 'gi');
}

const PATTERNS = [...REPLACED.map(toPattern), ...RIDDLES];

function matchesIn(text: string): readonly string[] {
  return PATTERNS.flatMap((pattern) => [...text.matchAll(pattern)]).map(({ 0: match, index }) => {
    const line = text.slice(0, index).split('\n').length;
    return `line ${line}: ${match.replaceAll(/\s+/g, ' ')}`;
  });
}

function isClean(path: string): boolean {
  return CLEAN.some((one) => one === '.' || path === one || path.startsWith(`${one}/`));
}

const FILES = [...ownFiles('**/*.ts'), ...ownFiles('**/*.md')].filter(
  (path) => isClean(path) && !EXCEPT.includes(path),
);

describe('the search for riddles', () => {
  test.each([
    'It is tried again by itself.',
    ' * has what nobody\n * has published',
    '// which comes to a lawful end',
    'The server tells it of the change.',
  ])('finds %j', (text) => {
    expect(matchesIn(text)).not.toEqual([]);
  });

  test.each(['The run will be retried automatically.', 'The schedule deletes itself.'])(
    'accepts %j',
    (text) => {
      expect(matchesIn(text)).toEqual([]);
    },
  );

  test('reads the files that are clean', () => {
    expect(FILES).toEqual(expect.arrayContaining(['README.md', 'docs/faults.ts']));
    expect(CLEAN.filter((one) => one !== '.' && ownFiles(one).length === 0)).toEqual([]);
  });
});

test('no clean file has a replaced sentence or a riddle', () => {
  const matches = FILES.flatMap((path) =>
    matchesIn(readOwn(path)).map((match) => `${path}, ${match}`),
  );
  expect(matches).toEqual([]);
});
