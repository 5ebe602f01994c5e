import { sql } from '../postgres/statement.ts';

const DATE =
  '[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))';
const TIME = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,6})?';
/** Offset of a time. Six digits without colons are excluded: releases of PostgreSQL read them differently. */
const OFFSET = '(?:Z|[+-](?:0[0-9]|1[0-5])(?:[0-5][0-9]|:[0-5][0-9](?::[0-5][0-9])?)?)';

/**
 * Returns the SQL that casts a text column to timestamptz, or to NULL when it is no existing date in ISO style: a failing cast
 * would fail the whole statement. An offset counts only after a time, because PostgreSQL rejects `2024-12-31-08`. The pattern
 * checks every date but the 29th of February, which needs the calendar. SQL joins the three parts of the pattern.
 */
export function isoTime(column: string): string {
  return sql`(
  case
    when ${column} !~
      '^${DATE}'
      '(?:[T ]${TIME}'
      '(?: ?${OFFSET})?)?$'
      then null
    when pg_catalog.substr(${column}, 6, 5) <> '02-29'
      or pg_catalog.date_part('day', (pg_catalog.substr(${column}, 1, 4) || '-03-01')::pg_catalog.date - 1) = 29
      then ${column}::pg_catalog.timestamptz
  end
)`;
}
