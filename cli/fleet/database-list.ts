import { parse } from 'csv-parse/sync';
import { escapeUnprintable } from '../../lib/config/printable.ts';
import { addProblems } from '../command.ts';
import { type Parts, partsOfUrl } from '../options/database-url.ts';
import { nameDatabases } from './database-names.ts';

/** One database of a list. An entry that cannot be used has problems, and no connection is made for it. */
export interface ListedDatabase {
  /** Unique in the list. */
  readonly name: string;
  /** The place in the list: `line 3`, or `entry 3` of a JSON array. */
  readonly position: string;
  readonly parts: Parts;
  /** Never quote the entry: a URL may contain a password. */
  readonly problems: readonly string[];
}

/** A list of databases, with hints that concern all of it. */
export interface DatabaseList {
  readonly databases: readonly ListedDatabase[];
  readonly notes: readonly string[];
}

/** An entry of the list before its name is made unique. */
export type Entry = Omit<ListedDatabase, 'name'> & { readonly name: string | undefined };

/** Columns and JSON keys, with libpq's keyword for each of them. */
const KEYWORD_BY_COLUMN: Readonly<Record<string, keyof Parts>> = {
  host: 'host',
  hostaddr: 'hostaddr',
  port: 'port',
  database: 'dbname',
  dbname: 'dbname',
  user: 'user',
  username: 'user',
  sslmode: 'sslmode',
  sslrootcert: 'sslrootcert',
};

const FORMS =
  'a list has one postgres:// URL a line, or is CSV with a header (url, or host and database), or is a JSON array';

/** Adds the problems of an entry that any form of a list can have. */
function checked(entry: Entry): Entry {
  if (entry.problems.length > 0) return entry;
  const problems: string[] = [];
  const { host, hostaddr, dbname } = entry.parts;
  addProblems(problems, [
    [(host ?? hostaddr ?? '') === '', 'the host is missing'],
    [(dbname ?? '') === '', 'the database is missing'],
    [
      Object.values(entry.parts).some((part) => escapeUnprintable(part) !== part),
      'it contains a control character or an invisible character',
    ],
  ]);
  return { ...entry, problems };
}

function entryOfUrl(url: string, position: string, name?: string): Entry {
  const problems: string[] = [];
  const parts = partsOfUrl(url, problems);
  const own = problems.map((problem) => problem.replace(/^--database-url:?/, 'the URL'));
  return checked({ name, position, parts, problems: own });
}

/** Makes an entry of the cells of a CSV line, or of the values of a JSON object. */
function entryOfFields(fields: ReadonlyMap<string, string>, position: string): Entry {
  const name = fields.get('name') || undefined;
  const url = fields.get('url') ?? '';
  if (url !== '') return entryOfUrl(url, position, name);
  const known = [...fields].flatMap(([column, text]) => {
    const keyword = KEYWORD_BY_COLUMN[column];
    return keyword === undefined ? [] : [[keyword, text] as const];
  });
  return checked({ name, position, parts: Object.fromEntries(known), problems: [] });
}

/** Names the columns that have no effect. A password in a list is one of them. */
function notesOnColumns(columns: Iterable<string>): readonly string[] {
  const unused = [...new Set(columns)].filter(
    (column) =>
      column !== '' && column !== 'name' && column !== 'url' && !KEYWORD_BY_COLUMN[column],
  );
  const others = unused.filter((column) => column !== 'password');
  return [
    ...(others.length === 0 ? [] : [`Not used from the list: ${others.join(', ')}.`]),
    ...(others.length === unused.length
      ? []
      : ['The passwords in the list are not used. Keep them in a password file (PGPASSFILE).']),
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the values of a JSON object that are texts or numbers, by lower-case keys. */
function fieldsOf(record: Readonly<Record<string, unknown>>): ReadonlyMap<string, string> {
  const scalars = Object.entries(record).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  );
  return new Map(scalars.map(([key, value]) => [key.toLowerCase(), String(value).trim()]));
}

function entryOfValue(value: unknown, position: string): Entry {
  if (typeof value === 'string') return entryOfUrl(value, position);
  if (isRecord(value)) return entryOfFields(fieldsOf(value), position);
  return { name: undefined, position, parts: {}, problems: ['it is neither a URL nor an object'] };
}

/** @throws SyntaxError for a text that is not JSON */
function readJson(text: string): { entries: readonly Entry[]; notes: readonly string[] } {
  const parsed: unknown = JSON.parse(text);
  const inner = isRecord(parsed) ? parsed['databases'] : parsed;
  if (!Array.isArray(inner)) {
    throw new SyntaxError('it is neither an array nor an object with the key databases');
  }
  const values: readonly unknown[] = inner;
  return {
    entries: values.map((value, index) => entryOfValue(value, `entry ${index + 1}`)),
    notes: notesOnColumns(values.filter(isRecord).flatMap((one) => [...fieldsOf(one).keys()])),
  };
}

/** A line that is neither empty nor a comment. */
interface Line {
  readonly text: string;
  readonly position: string;
}

/** Splits one line, so that a quotation mark without its end spoils no other line. */
function cellsOf(text: string, delimiter: string): readonly string[] | undefined {
  try {
    const [cells = []]: string[][] = parse(text, { delimiter, trim: true });
    return cells;
  } catch {
    return undefined;
  }
}

function delimiterOf(header: string): string {
  return [',', ';', '\t'].find((one) => header.includes(one)) ?? ',';
}

function entryOfLine({ text, position }: Line, columns: readonly string[], delimiter: string) {
  const cells = cellsOf(text, delimiter);
  if (cells === undefined || cells.length > columns.length) {
    const problem =
      cells === undefined
        ? 'it is not a line of CSV: a quotation mark has no counterpart'
        : `it has ${cells.length} cells, but the header has ${columns.length}`;
    return { name: undefined, position, parts: {}, problems: [problem] };
  }
  return entryOfFields(new Map(cells.map((cell, index) => [columns[index] ?? '', cell])), position);
}

function readLines(text: string): { entries: readonly Entry[]; notes: readonly string[] } {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ text: line.trim(), position: `line ${index + 1}` }))
    .filter((line) => line.text !== '' && !line.text.startsWith('#'));
  const [header, ...rows] = lines;
  const delimiter = delimiterOf(header?.text ?? '');
  const columns = (cellsOf(header?.text ?? '', delimiter) ?? []).map((one) => one.toLowerCase());
  if (columns.includes('host') || columns.includes('url')) {
    return {
      entries: rows.map((row) => entryOfLine(row, columns, delimiter)),
      notes: notesOnColumns(columns),
    };
  }
  return { entries: lines.map((line) => entryOfUrl(line.text, line.position)), notes: [] };
}

/**
 * Parses a list of databases: JSON, CSV with a header, or one URL a line. Every entry becomes a database, also one that
 * cannot be used.
 *
 * @throws SyntaxError, whose message quotes nothing of the list, when the text as a whole is of no known form
 */
export function parseDatabaseList(source: string): DatabaseList {
  const text = source.replace(/^\uFEFF/, '').trim();
  const { entries, notes } = readAnyForm(text);
  if (entries.length === 0) throw new SyntaxError(`it contains no database; ${FORMS}`);
  return { databases: nameDatabases(entries), notes };
}

function readAnyForm(text: string) {
  if (!/^[[{]/.test(text)) return readLines(text);
  try {
    return readJson(text);
  } catch (error) {
    const isOwn = error instanceof SyntaxError && error.message.startsWith('it is ');
    throw new SyntaxError(`${isOwn ? error.message : 'it is not valid JSON'}; ${FORMS}`);
  }
}
