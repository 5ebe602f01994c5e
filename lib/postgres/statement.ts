import { PRODUCT } from '../product.ts';

/**
 * Begins a statement with a comment that names this product and the purpose, so that an administrator recognises it in
 * `pg_stat_activity`, `pg_stat_statements` and the server's log.
 */
export function annotate(purpose: string, statement: string): string {
  return `/* ${PRODUCT}: ${purpose} */\n${statement.trimStart()}`;
}

/** Template tag for SQL: indents every line of an interpolated text like the line that contains it. */
export function sql(strings: TemplateStringsArray, ...values: readonly string[]): string {
  return strings.reduce((text, next, i) => {
    const indentation = /^ */.exec(text.slice(text.lastIndexOf('\n') + 1))?.[0] ?? '';
    return `${text}${(values[i - 1] ?? '').replaceAll('\n', `\n${indentation}`)}${next}`;
  });
}

/** Joins the items of a list, one per line. */
export function lines(items: readonly string[], separator = ','): string {
  return items.join(`${separator}\n`);
}

/** Renders a call with one argument per line. */
export function callSql(name: string, args: readonly string[]): string {
  return sql`${name}(
  ${lines(args)}
)`;
}
