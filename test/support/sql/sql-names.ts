import { type Node, parse, type RawStmt } from 'libpg-query';

/**
 * Reads statements with PostgreSQL's own parser, and finds every name in them that PostgreSQL would look up along the
 * search path, where somebody else may have put an object of that name (CVE-2018-1058, CVE-2023-25149).
 *
 * - Relations, functions, types and collations have to be written with their schema, always. A relation may also be a
 *   common table expression in scope. Names that the grammar itself resolves come out of the parser as `pg_catalog.…`
 *   (`int` and `interval`, `extract(…)`), or as nodes without a name (`coalesce`, `current_user`).
 * - Operators may be written without one where `search_path` is pinned to `pg_catalog, pg_temp`: PostgreSQL never looks
 *   for operators in pg_temp, so each is one of pg_catalog, or the statement fails. That goes for those that the grammar
 *   adds, too: `IN`, `NULLIF`, `CASE x WHEN`. Anywhere else they are refused.
 *
 * A kind of node that is not listed here is refused, so that nothing is allowed because nobody has thought of it.
 */

/** Kinds of nodes that hold no name that is looked up, or whose names `checksOf` looks at. */
const KNOWN_NODES: ReadonlySet<string> = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'CommonTableExpr'],
  ...['AlterDatabaseSetStmt', 'AlterRoleSetStmt', 'AlterSystemStmt', 'VariableSetStmt'],
  ...['TransactionStmt', 'DefElem'],
  ...['ResTarget', 'RangeVar', 'RangeSubselect', 'RangeFunction', 'JoinExpr', 'SortBy', 'List'],
  ...['ColumnRef', 'A_Const', 'A_Star', 'String', 'A_Expr', 'BoolExpr', 'NullTest', 'SubLink'],
  ...['TypeCast', 'TypeName', 'CollateClause', 'FuncCall', 'NamedArgExpr', 'SQLValueFunction'],
  ...['CoalesceExpr', 'MinMaxExpr', 'CaseExpr', 'CaseWhen', 'Integer'],
]);

/** Functions of pg_catalog whose texts, but for the last, are names of objects. */
const READS_NAMES = /^has_(table|function)_privilege$/;

type Fields = Readonly<Record<string, unknown>>;

interface Scope {
  /** The common table expressions that can be named here. */
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

/** `["pg_catalog", "count"]` of a list of String nodes. */
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

/** A text that PostgreSQL reads as the name of an object. */
function checkText(text: string | undefined, { problems }: Scope): void {
  if (text !== undefined && !text.includes('.')) problems.add(`name in a text: ${text}`);
}

/** Settings that `set_config` may set, because no name depends on them. */
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

/** JSON became a word of the grammar with PostgreSQL 17; before, it is a name like any other. */
function checkType({ names, location }: Fields, scope: Scope): void {
  checkQualified('type', namesIn(names), scope);
  const written = Buffer.from(scope.message).toString('utf8', Number(location ?? 0));
  if (/^json\b/i.test(written)) scope.problems.add('type json');
}

function checkCast({ arg, typeName }: Fields, scope: Scope): void {
  const type = namesIn(fieldsOf(typeName)['names']).at(-1) ?? '';
  if (type.startsWith('reg')) checkText(textOf(arg), scope);
}

/** `x IN (SELECT …)` has no operator in the tree, and compares all the same. */
function checkSubLink({ subLinkType, operName }: Fields, scope: Scope): void {
  if (subLinkType !== 'ANY_SUBLINK' && subLinkType !== 'ALL_SUBLINK') return;
  checkOperator(operName === undefined ? ['='] : namesIn(operName), scope);
}

/** What is to be looked at, by the name of the node, or of the field that holds one of its kind alone. */
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

/** Each common table expression sees those before it; what follows sees all. */
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

/** What of a session decides how names are looked up. */
interface State {
  isInTransaction: boolean;
  isPinned: boolean;
  /** Whether `search_path` was pinned when the savepoint was made, by its name. */
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

/** `SET search_path`, or whatever else could set it. */
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

/** The messages of one session, from its beginning. */
export interface SqlSession {
  /** What of this message would be looked up along the search path; and whether it leaves that pinned. */
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
