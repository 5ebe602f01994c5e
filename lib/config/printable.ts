/**
 * Characters that move a terminal's cursor, change its colours, reverse the text around them, or cannot be seen: C0 and C1
 * controls, DEL, format characters (bidi overrides, zero width, tags), line and paragraph separators, half of a pair.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function escapeUnits(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Replaces every unprintable character by its JSON escape: JSON stays the same value. Idempotent. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeUnits);
}

/** Cuts a text to at most `length` UTF-16 units, never within a pair; a cut text ends in `…`. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, Math.max(0, length - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Makes a text of somebody else's fit to be quoted in a sentence: one line, printable, at most `length` units. */
export function quotable(text: string, length: number): string {
  return cutText(escapeUnprintable(text.slice(0, length + 1)), length);
}
