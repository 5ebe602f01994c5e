import { describe, expect, test } from 'vitest';
import { ownFiles, readOwn } from '../support/repo/pages.ts';

/** Contains the list of the words itself. */
const THIS_FILE = 'test/repo-rules/plain-words.test.ts';

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

const FILES = [...ownFiles('**/*.ts'), ...ownFiles('**/*.md')].filter((path) => path !== THIS_FILE);

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

  test('reads code, tests, pages and generated pages', () => {
    expect(FILES).toEqual(
      expect.arrayContaining([
        'README.md',
        'docs/faults.md',
        'lib/errors.ts',
        'test/faults/tls.test.ts',
      ]),
    );
  });
});

test('no file has a replaced sentence or a riddle', () => {
  const matches = FILES.flatMap((path) =>
    matchesIn(readOwn(path)).map((match) => `${path}, ${match}`),
  );
  expect(matches).toEqual([]);
});
