const DATE =
  '[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|[12][0-9]))';
const TIME = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,6})?';
/** PostgreSQL reads six digits without colons differently from release to release. */
const OFFSET = '(?:Z|[+-](?:0[0-9]|1[0-5])(?:[0-5][0-9]|:[0-5][0-9](?::[0-5][0-9])?)?)';

/**
 * The SQL of a text as timestamptz, or NULL when it is no date that exists, in ISO style: a cast that fails would fail the
 * whole report. An offset counts only after a time, because PostgreSQL rejects `2024-12-31-08`. Only the 29th of February
 * cannot be told from the text alone.
 */
export function isoTime(sql: string): string {
  return `(
      select case
        when t.value !~ '^${DATE}(?:[T ]${TIME}(?: ?${OFFSET})?)?$' then null
        when pg_catalog.substr(t.value, 6, 5) <> '02-29'
          or pg_catalog.date_part('day', (pg_catalog.substr(t.value, 1, 4) || '-03-01')::pg_catalog.date - 1) = 29
        then t.value::pg_catalog.timestamptz
      end
      from (select (${sql}) as value) t
    )`;
}
