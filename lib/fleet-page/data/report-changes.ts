import microdiff, { type Difference } from 'microdiff';
import { formatNumber, shorten, visible } from '../format.ts';

/** One value that differs between two reports. */
export interface Change {
  /** Where it is in the report, such as `relations.hypertables.num_reltuples`. */
  readonly path: string;
  /** Absent for a value that was added. */
  readonly before?: string;
  /** Absent for a value that was removed. */
  readonly after?: string;
  /** Difference of two numbers, with its sign. */
  readonly difference?: string;
}

/** Maximum length of a value, in UTF-16 units. */
const VALUE_LENGTH = 200;

/**
 * Parses a report into objects without a prototype, so that a key such as `constructor` is one only where the report has it.
 *
 * @throws SyntaxError for a text that is not JSON
 * @throws RangeError for JSON that is nested too deeply
 */
function parse(text: string): unknown {
  const report: unknown = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.assign(Object.create(null), value)
      : value,
  );
  return report;
}

function formatValue(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return visible(shorten(text, VALUE_LENGTH));
}

function signed(difference: number): string {
  return `${difference < 0 ? '−' : '+'}${formatNumber(Math.abs(difference))}`;
}

function toChange(found: Difference): Change {
  // The first key is that of the wrapper.
  const path = visible(shorten(found.path.slice(1).join('.'), VALUE_LENGTH));
  if (found.type === 'CREATE') return { path, after: formatValue(found.value) };
  if (found.type === 'REMOVE') return { path, before: formatValue(found.oldValue) };
  const { oldValue, value } = found;
  return {
    path,
    before: formatValue(oldValue),
    after: formatValue(value),
    ...(typeof oldValue === 'number' &&
      typeof value === 'number' && { difference: signed(value - oldValue) }),
  };
}

/** Returns the values that differ, in the order of the report; undefined if the texts cannot be compared as JSON. */
export function reportChanges(before: string, after: string): readonly Change[] | undefined {
  try {
    return microdiff({ report: parse(before) }, { report: parse(after) }, { cyclesFix: false }).map(
      toChange,
    );
  } catch {
    return undefined;
  }
}
