import type { Facts } from '../timescaledb/facts.ts';
import type { ServerInfo } from '../timescaledb/server-info.ts';
import type { Change } from './event.ts';
import type { ServerContext } from './server-context.ts';

/** The input of a plan. */
export interface PlanInput {
  readonly change: Change;
  readonly server: ServerInfo;
  readonly facts: Facts;
  readonly serverContext: ServerContext;
}

/** The text of a statement or of a part of it, in two versions. */
export interface StatementText {
  readonly sql: string;
  /** The text with placeholders for names of roles, databases and schemas. Logs and errors contain only this version. */
  readonly title: string;
}

/** One statement of a change. */
export interface SqlStatement extends StatementText {
  /** The privilege to grant when the server denies the statement; a sentence. */
  readonly grant: string;
}

/**
 * Builds both versions of a statement from one template. A part that contains a name is passed as a pair of texts. Replacing
 * names in the finished statement would be wrong: a name can occur more than once, or be empty or a common word.
 */
export function statementText(
  texts: TemplateStringsArray,
  ...parts: readonly (string | StatementText)[]
): StatementText {
  const pairs = parts.map((part) => (typeof part === 'string' ? { sql: part, title: part } : part));
  return {
    sql: String.raw({ raw: texts }, ...pairs.map(({ sql }) => sql)),
    title: String.raw({ raw: texts }, ...pairs.map(({ title }) => title)),
  };
}
