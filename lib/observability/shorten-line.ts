import { cutText, escapeUnprintable } from '../config/printable.ts';

/** Limit of the line's own fields. The logger adds time, request and function, up to 16 kB in all. */
const MAX_BYTES = 14_500;

/** Maximum text length and list length, from the mildest attempt to the strictest. */
const LIMITS = [
  [4_000, 100],
  [1_000, 20],
  [400, 8],
] as const;
const STRICTEST = [150, 4] as const;

/** The fields of every line; the last attempt keeps only these. */
const ESSENTIAL: ReadonlySet<string> = new Set([
  'outcome',
  'environment',
  'database',
  'scheduledTime',
  'attempt',
  'action',
  'stage',
  'receipt',
  'retry',
  'error',
]);

/** A summary line as fields of JSON. */
export interface LineFields {
  readonly message: string;
  readonly [field: string]: unknown;
}

function bytesOf(fields: LineFields): number {
  return Buffer.byteLength(JSON.stringify(fields));
}

/** Functions that change the texts and lists of a line, at any depth. */
interface Change {
  readonly text: (text: string) => string;
  readonly list: (items: readonly unknown[]) => readonly unknown[];
}

function changeValue(value: unknown, change: Change): unknown {
  if (typeof value === 'string') return change.text(value);
  if (Array.isArray(value)) return change.list(value).map((item) => changeValue(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, changeValue(member, change)]),
  );
}

function changeFields({ message, ...fields }: LineFields, change: Change): LineFields {
  const changed = Object.entries(fields).map(([name, value]) => [name, changeValue(value, change)]);
  return { message: change.text(message), ...Object.fromEntries(changed) };
}

const PRINTABLE: Change = { text: escapeUnprintable, list: (items) => items };

/** Cuts texts and lists; a cut list of texts ends with the number of missing items. */
function cutTo([maxLength, maxItems]: readonly [maxLength: number, maxItems: number]): Change {
  return {
    text: (text) => cutText(text, maxLength),
    list(items) {
      if (items.length <= maxItems) return items;
      const kept = items.slice(0, maxItems);
      const isOfTexts = kept.every((item) => typeof item === 'string');
      return isOfTexts ? [...kept, `${items.length - maxItems} more`] : kept;
    },
  };
}

function essentialOf({ message, ...fields }: LineFields): LineFields {
  const essential = Object.entries(fields).filter(([name]) => ESSENTIAL.has(name));
  return { message, ...Object.fromEntries(essential) };
}

/**
 * Makes a summary line safe for the log: it escapes unprintable characters, and shortens the line to at most 14.5 kB of
 * JSON. A shortened line contains its original size.
 */
export function shortenLine(line: { readonly message: string }): LineFields {
  const whole = changeFields({ ...line }, PRINTABLE);
  const shortenedFromBytes = bytesOf(whole);
  if (shortenedFromBytes <= MAX_BYTES) return whole;
  for (const limits of LIMITS) {
    const shorter = { ...changeFields(whole, cutTo(limits)), shortenedFromBytes };
    if (bytesOf(shorter) <= MAX_BYTES) return shorter;
  }
  return { ...changeFields(essentialOf(whole), cutTo(STRICTEST)), shortenedFromBytes };
}
