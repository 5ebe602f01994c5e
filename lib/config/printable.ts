/**
 * Characters that move a terminal's cursor, change its colours, reverse the text around them, or are invisible: C0 and C1
 * controls, DEL, format characters (bidi overrides, zero width, tags), line and paragraph separators, lone surrogates.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Replaces every unprintable character by its JSON escape. The value of a JSON text does not change. Idempotent. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeUnits);
}

/** Truncates a text to at most `length` UTF-16 units, never within a surrogate pair; a truncated text ends in `…`. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, Math.max(0, length - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Converts a foreign text for quoting in a sentence: one printable line of at most `length` UTF-16 units. */
export function quotable(text: string, length: number): string {
  return cutText(escapeUnprintable(text.slice(0, length + 1)), length);
}
