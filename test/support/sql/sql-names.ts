import { type Node, parse, type RawStmt } from 'libpg-query';

/**
 * Parses statements with PostgreSQL's own parser, and finds every name that PostgreSQL would look up in the search path, where
 * another user may have created an object of that name (CVE-2018-1058, CVE-2023-25149).
 *
 * - Relations, functions, types and collations must be written with their schema. A relation may also be a common table
 *   expression in scope. The parser returns names that the grammar itself resolves as `pg_catalog.…` (`int` and `interval`,
 *   `extract(…)`), or as nodes without a name (`coalesce`, `current_user`).
 * - Operators may be written without a schema while `search_path` is pinned to `pg_catalog, pg_temp`. PostgreSQL never looks
 *   for operators in pg_temp, so each belongs to pg_catalog, or the statement fails. This includes operators that the grammar
 *   adds: `IN`, `NULLIF`, `CASE x WHEN`. Elsewhere they are reported.
 *
 * A kind of node that is not listed here is reported, too.
 */

/** Kinds of nodes without a name that is looked up, or whose names `CHECKS` checks. */
const KNOWN_NODES: ReadonlySet<string> = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'CommonTableExpr'],
  ...['AlterDatabaseSetStmt', 'AlterRoleSetStmt', 'AlterSystemStmt', 'VariableSetStmt'],
  ...['TransactionStmt', 'DefElem'],
  ...['ResTarget', 'RangeVar', 'RangeSubselect', 'RangeFunction', 'JoinExpr', 'SortBy', 'List'],
  ...['ColumnRef', 'A_Const', 'A_Star', 'String', 'A_Expr', 'BoolExpr', 'NullTest', 'SubLink'],
  ...['TypeCast', 'TypeName', 'CollateClause', 'FuncCall', 'NamedArgExpr', 'SQLValueFunction'],
  ...['CoalesceExpr', 'MinMaxExpr', 'CaseExpr', 'CaseWhen', 'Integer'],
]);

/** Functions of pg_catalog whose arguments, except the last, are names of objects. */
const READS_NAMES = /^has_(table|function)_privilege$/;

type Fields = Readonly<Record<string, unknown>>;

interface Scope {
  /** The common table expressions in scope. */
  readonly ctes: ReadonlySet<string>;
  readonly isPinned: boolean;
  readonly message: string;
  readonly problems: Set<string>;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Returns the texts of a list of String nodes, such as `["pg_catalog", "count"]`. */
function namesIn(value: unknown): readonly string[] {
  return listOf(value).map((one) => String(fieldsOf(fieldsOf(one)['String'])['sval']));
}

function textOf(value: unknown): string | undefined {
  const { sval } = fieldsOf(fieldsOf(value)['A_Const']);
  return isFields(sval) ? String(sval['sval'] ?? '') : undefined;
}

function checkQualified(what: string, names: readonly string[], { problems }: Scope): void {
  if (names.length < 2) problems.add(`${what} ${names.join('.')}`);
}

function checkOperator(names: readonly string[], { isPinned, problems }: Scope): void {
  if (names.length < 2 && !isPinned) problems.add(`operator ${names.join('.')}`);
}

function checkRelation({ schemaname, relname }: Fields, { ctes, problems }: Scope): void {
  if (schemaname === undefined && !ctes.has(String(relname))) problems.add(`relation ${relname}`);
}

/** Checks a text that PostgreSQL parses as the name of an object. */
function checkText(text: string | undefined, { problems }: Scope): void {
  if (text !== undefined && !text.includes('.')) problems.add(`name in a text: ${text}`);
}

/** Settings that `set_config` may set, because they do not affect names. */
const CONFIGURED: ReadonlySet<string | undefined> = new Set([
  'client_encoding',
  'client_connection_check_interval',
  'transaction_timeout',
]);

function checkFunction({ funcname, args }: Fields, scope: Scope): void {
  const names = namesIn(funcname);
  checkQualified('function', names, scope);
  const texts = listOf(args).map(textOf);
  if (READS_NAMES.test(names.at(-1) ?? '')) {
    for (const text of texts.slice(0, -1)) checkText(text, scope);
  }
  if (names.at(-1) === 'set_config' && !CONFIGURED.has(texts[0])) {
    scope.problems.add(`set_config of ${texts[0]}`);
  }
}

/** Checks a type. JSON has been part of the grammar since PostgreSQL 17 only; before, it is looked up. */
function checkType({ names, location }: Fields, scope: Scope): void {
  checkQualified('type', namesIn(names), scope);
  const written = Buffer.from(scope.message).toString('utf8', Number(location ?? 0));
  if (/^json\b/i.test(written)) scope.problems.add('type json');
}

function checkCast({ arg, typeName }: Fields, scope: Scope): void {
  const type = namesIn(fieldsOf(typeName)['names']).at(-1) ?? '';
  if (type.startsWith('reg')) checkText(textOf(arg), scope);
}

/** Checks the operator of a comparison with a subquery, which the tree omits for `x IN (SELECT …)`. */
function checkSubLink({ subLinkType, operName }: Fields, scope: Scope): void {
  if (subLinkType !== 'ANY_SUBLINK' && subLinkType !== 'ALL_SUBLINK') return;
  checkOperator(operName === undefined ? ['='] : namesIn(operName), scope);
}

/** Checks by the kind of a node, or by the name of a field that contains one kind of node only. */
const CHECKS: Readonly<Record<string, (fields: Fields, scope: Scope) => void>> = {
  RangeVar: checkRelation,
  relation: checkRelation,
  TypeName: checkType,
  typeName: checkType,
  TypeCast: checkCast,
  CollateClause: ({ collname }, scope) => checkQualified('collation', namesIn(collname), scope),
  FuncCall: checkFunction,
  A_Expr: ({ name }, scope) => checkOperator(namesIn(name), scope),
  SubLink: checkSubLink,
  SortBy: ({ useOp }, scope) => {
    if (useOp !== undefined) checkOperator(namesIn(useOp), scope);
  },
  CaseExpr: ({ arg }, scope) => {
    if (arg !== undefined) checkOperator(['='], scope);
  },
  JoinExpr: ({ usingClause, isNatural }, scope) => {
    if (usingClause !== undefined || isNatural === true) checkOperator(['='], scope);
  },
};

/** Checks common table expressions, each with those before it in scope, and returns the scope with all. */
function walkCtes(withClause: Fields, scope: Scope): Scope {
  let inside = scope;
  for (const one of listOf(withClause['ctes'])) {
    const { ctename, ctequery } = fieldsOf(fieldsOf(one)['CommonTableExpr']);
    const named = { ...inside, ctes: new Set([...inside.ctes, String(ctename)]) };
    walk(ctequery, withClause['recursive'] === true ? named : inside);
    inside = named;
  }
  return inside;
}

function walk(value: unknown, scope: Scope): void {
  for (const one of listOf(value)) walk(one, scope);
  if (!isFields(value)) return;
  const { withClause, ...fields } = value;
  const inside = isFields(withClause) ? walkCtes(withClause, scope) : scope;
  for (const [key, child] of Object.entries(fields)) {
    if (/^[A-Z]/.test(key) && !KNOWN_NODES.has(key)) scope.problems.add(`unknown ${key}`);
    if (isFields(child)) CHECKS[key]?.(child, inside);
    walk(child, inside);
  }
}

/** The state of a session that affects the lookup of names. */
interface State {
  isInTransaction: boolean;
  isPinned: boolean;
  /** Whether `search_path` was pinned at each savepoint, by name. */
  savepoints: Map<string, boolean>;
}

const PINNED = ['pg_catalog', 'pg_temp'];

function followTransaction({ kind, savepoint_name: name = '' }: Fields, state: State): void {
  if (kind === 'TRANS_STMT_SAVEPOINT') state.savepoints.set(String(name), state.isPinned);
  else if (kind === 'TRANS_STMT_ROLLBACK_TO') {
    state.isPinned = state.savepoints.get(String(name)) === true;
  } else {
    state.isInTransaction = kind === 'TRANS_STMT_BEGIN';
    state.isPinned = false;
    state.savepoints.clear();
  }
}

/** Follows `SET search_path` and `RESET ALL`. */
function followSetting({ name, args, is_local: isLocal }: Fields, state: State): void {
  if (name !== undefined && name !== 'search_path') return;
  const path = listOf(args).map(textOf);
  state.isPinned =
    state.isInTransaction && isLocal === true && path.join('\0') === PINNED.join('\0');
}

function follow(statement: Node, state: State): void {
  if ('TransactionStmt' in statement) followTransaction(fieldsOf(statement.TransactionStmt), state);
  if ('VariableSetStmt' in statement) followSetting(fieldsOf(statement.VariableSetStmt), state);
}

/** Checks the messages of one session, from its beginning. */
export interface SqlSession {
  /** Returns the names in a message that would be looked up, and whether `search_path` is pinned after it. */
  read(
    message: string,
  ): Promise<{ readonly problems: readonly string[]; readonly isPinned: boolean }>;
}

const parsed = new Map<string, readonly RawStmt[]>();

async function parseOnce(message: string): Promise<readonly RawStmt[]> {
  const known = parsed.get(message);
  if (known !== undefined) return known;
  const { stmts = [] } = await parse(message);
  parsed.set(message, stmts);
  return stmts;
}

export function openSqlSession(): SqlSession {
  const state: State = { isInTransaction: false, isPinned: false, savepoints: new Map() };
  return {
    async read(message) {
      const problems = new Set<string>();
      for (const { stmt } of await parseOnce(message)) {
        if (stmt === undefined) continue;
        walk(stmt, { ctes: new Set(), isPinned: state.isPinned, message, problems });
        follow(stmt, state);
      }
      return { problems: [...problems], isPinned: state.isPinned };
    },
  };
}
