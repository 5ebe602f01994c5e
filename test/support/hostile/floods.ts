import { errorResponse, int32, message, readyForQuery } from '../network/wire.ts';
import { dataRow, FRAMES, rowDescription } from './frames.ts';

/** An endless answer. */
export interface Flood {
  readonly first?: Buffer;
  /** Repeated until the client closes the connection. */
  readonly again?: Buffer;
}

/** Just below the guard's limit for one message. */
const LARGE_BYTES = 8_000_000;

/** Texts of a given length that are expensive to parse. */
const JSON_TEXTS: Readonly<Record<string, (bytes: number) => string>> = {
  'opening brackets': (bytes) => '['.repeat(bytes),
  'opening braces': (bytes) => '{'.repeat(bytes),
  'arrays in an array': (bytes) => `[${'[],'.repeat(bytes / 3)}[]]`,
  'numbers in an array': (bytes) => `[${'1,'.repeat(bytes / 2)}1]`,
  'keys of an object': (bytes) =>
    `{${Array.from({ length: bytes / 12 }, (_, i) => `"${i}":1`).join(',')}}`,
};

const ARRAY_TEXTS: Readonly<Record<string, (bytes: number) => string>> = {
  'opening braces': (bytes) => '{'.repeat(bytes),
  elements: (bytes) => `{${'a,'.repeat(bytes / 2)}a}`,
  'arrays in an array': (bytes) => `{${'{},'.repeat(bytes / 3)}{}}`,
  digits: (bytes) => '1'.repeat(bytes),
  backslashes: (bytes) => '\\'.repeat(bytes),
};

const TIME_TEXTS: Readonly<Record<string, (bytes: number) => string>> = {
  'the digits of a year': (bytes) => `${'1'.repeat(bytes)}-01-01 00:00:00`,
  spaces: (bytes) => ' '.repeat(bytes),
};

/** Types that node-postgres parses, with their OIDs. */
const PARSED = [
  ['json', 114, JSON_TEXTS],
  ['text[]', 1_009, ARRAY_TEXTS],
  ['json[]', 199, ARRAY_TEXTS],
  ['timestamptz', 1_184, TIME_TEXTS],
  ['interval', 1_186, TIME_TEXTS],
  ['bytea', 17, TIME_TEXTS],
] as const;

function answerWith(value: string, type: number, format: number): Buffer {
  return Buffer.concat([
    rowDescription(['a_column'], type, format),
    dataRow([value]),
    message('C', 'SELECT 1\0'),
    readyForQuery('T'),
  ]);
}

const TEXT_FORMAT = 0;
const BINARY_FORMAT = 1;

/** Values near the size limit, and binary arrays that claim 2,000,000,000 elements. */
export const VALUES: Readonly<Record<string, () => Buffer>> = Object.fromEntries(
  PARSED.flatMap(([type, oid, texts]) => [
    ...Object.entries(texts).map(
      ([text, make]) =>
        [`${text}, as ${type}`, () => answerWith(make(LARGE_BYTES), oid, TEXT_FORMAT)] as const,
    ),
    [`counts, as ${type} in binary form`, () => answerWith('{0.1'.repeat(9), oid, BINARY_FORMAT)],
  ]),
);

const WIDE = Array.from({ length: 1_600 }, (_, i) => `column_${i}`);

/** Endless answers. Those without `again` end in an incomplete message. */
export const FLOODS: Readonly<Record<string, Flood>> = {
  'rows of a kilobyte': { first: rowDescription(['a']), again: dataRow(['x'.repeat(1_000)]) },
  'rows without a column': { first: rowDescription([]), again: dataRow([]) },
  'rows of a null': { first: rowDescription(['a']), again: dataRow([null]) },
  'wide rows of nulls': { first: rowDescription(WIDE), again: dataRow(WIDE.map(() => null)) },
  'rows without a column, described with 1,600': {
    first: rowDescription(WIDE),
    again: dataRow([]),
  },
  'rows without a description': { again: dataRow(['x']) },
  'rows of large values': { first: rowDescription(['a']), again: dataRow(['x'.repeat(1_000_000)]) },
  // One character beyond Latin-1 makes each character of a string take two bytes.
  'rows of large values in UTF-16': {
    first: rowDescription(['a']),
    again: dataRow([`${'x'.repeat(1_000_000)}€`]),
  },
  'rows of the largest values': {
    first: rowDescription(['a']),
    again: dataRow([`${'x'.repeat(LARGE_BYTES)}€`]),
  },
  descriptions: { again: rowDescription(['a']) },
  'wide descriptions': { again: rowDescription(WIDE) },
  'results without rows': { again: message('C', 'SELECT 0\0') },
  'results with a description': {
    again: Buffer.concat([rowDescription(['a']), message('C', 'SELECT 0\0')]),
  },
  'results with a row': {
    again: Buffer.concat([rowDescription(['a']), dataRow(['x']), message('C', 'SELECT 1\0')]),
  },
  'a message of 2 GB': {
    first: Buffer.from([0x44, 0x7f, 0xff, 0xff, 0xff]),
    again: Buffer.alloc(1),
  },
  'a message of 4 GB': {
    first: Buffer.from([0x44, 0xff, 0xff, 0xff, 0xff]),
    again: Buffer.alloc(1),
  },
  'a notice of 2 GB': {
    first: Buffer.from([0x4e, 0x7f, 0xff, 0xff, 0xff]),
    again: Buffer.alloc(1),
  },
  'an error without a body': { first: Buffer.from([0x45, 0, 0, 0, 4]) },
  'an error without its last zero': { first: message('E', 'SERROR\0') },
  'an error without any zero': { first: message('E', 'SERROR') },
  notices: { again: FRAMES['NoticeResponse'] ?? Buffer.alloc(0) },
  'notices of 100 kB': { again: message('N', `M${'x'.repeat(100_000)}\0`, '\0') },
  notifications: { again: FRAMES['NotificationResponse'] ?? Buffer.alloc(0) },
  settings: { again: message('S', 'a\0', 'b\0') },
  'settings of 20 kB': { again: message('S', 'a\0', `${'x'.repeat(20_000)}\0`) },
  keys: { again: message('K', int32(1), int32(2)) },
  errors: { again: errorResponse('ERROR', '42P01', 'a text') },
  ReadyForQuery: { again: readyForQuery('I') },
  'empty queries': { again: message('I') },
  AuthenticationOk: { again: message('R', int32(0)) },
  'requests for the password': { again: message('R', int32(3)) },
  'requests for the password, with a salt': { again: message('R', int32(5), 'salt') },
  'requests for SCRAM': { again: message('R', int32(10), 'SCRAM-SHA-256\0\0') },
  'mechanisms of SASL': {
    first: Buffer.from([0x52, 0, 0x7f, 0xff, 0xff, 0, 0, 0, 10]),
    again: Buffer.from('A\0'),
  },
  'challenges of SCRAM': { again: message('R', int32(11), 'r=nonce,s=c2FsdA==,i=100000') },
  'requests to copy': { again: FRAMES['CopyInResponse'] ?? Buffer.alloc(0) },
  'copied data': {
    first: FRAMES['CopyOutResponse'] ?? Buffer.alloc(0),
    again: message('d', 'x'.repeat(1_000)),
  },
  zeros: { again: Buffer.alloc(1) },
  'the byte 0xff': { again: Buffer.alloc(1, 0xff) },
  'HTTP status lines': { again: Buffer.from('HTTP/1.1 200 OK\r\n') },
  'the letter R': { again: Buffer.from('R') },
  'the letter E': { again: Buffer.from('E') },
};

/** A result of one row, with JSON in each column. */
function resultOf(columns: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([
    rowDescription(Object.keys(columns), 114),
    dataRow(Object.values(columns)),
    message('C', 'SELECT 1\0'),
    readyForQuery('T'),
  ]);
}

function listOf(item: string, count: number): string {
  return `[${`${item},`.repeat(count - 1)}${item}]`;
}

/** JSON of the names of as many members as fit into so many bytes. */
function membersOf(value: string, bytes: number): string {
  const count = Math.floor(bytes / (9 + value.length));
  const members = Array.from(
    { length: count },
    (_, i) => `"${i.toString(36).padStart(5, '0')}":${value}`,
  );
  return `{${members.join(',')}}`;
}

const LARGE_REPORT_BYTES = 1_000_000;

function reportOf(field: string, value: string): Buffer {
  const report = JSON.stringify(`{"${field}":${value}}`);
  return resultOf({ bytes: '1', report, estimated_relations: '0' });
}

/** Answers of nearly the largest size in which each item of a list, or each member of an object, is of a wrong type. */
export const WRONG_ITEMS = {
  'to the first query': {
    replaced_tables: () => resultOf({ replaced_tables: listOf('1', 600_000) }),
    member_functions: () => resultOf({ member_functions: listOf('{}', 300_000) }),
    // V8 gives such an object an array with a place for each index, as long as there are fewer than about 36.
    'member_functions, with indexes for names': () =>
      resultOf({ member_functions: listOf(`${'{"34":'.repeat(20)}1${'}'.repeat(20)}`, 14_000) }),
  },
  'to the query for the facts': {
    stored_levels: () => resultOf({ stored_levels: listOf('{}', 300_000) }),
    available_versions: () => resultOf({ available_versions: listOf('1', 600_000) }),
    restoring: () => resultOf({ restoring: listOf('1', 600_000) }),
    jobs: () => resultOf({ jobs: listOf('{}', 300_000) }),
  },
  'to the query for the report': {
    stats_by_job_type: () => reportOf('stats_by_job_type', membersOf('{}', LARGE_REPORT_BYTES)),
    functions_used: () => reportOf('functions_used', membersOf('{}', LARGE_REPORT_BYTES)),
    db_metadata: () => reportOf('db_metadata', membersOf('1', LARGE_REPORT_BYTES)),
  },
} as const;
