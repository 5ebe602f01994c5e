import { describe, expect, test } from 'vitest';
import { parseDatabaseList } from '../../../cli/fleet/database-list.ts';

const METRICS = { host: 'db.example.com', port: '5433', dbname: 'metrics', user: 'reader' };

/** Returns the databases by name: their parts, or their problems. */
function read(text: string) {
  const { databases } = parseDatabaseList(text);
  return Object.fromEntries(
    databases.map(({ name, parts, problems }) => [
      name,
      problems.length > 0
        ? problems
        : Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== '')),
    ]),
  );
}

describe.each([
  ['URLs', 'postgres://reader@db.example.com:5433/metrics\n'],
  ['CSV', 'host,port,database,user\ndb.example.com,5433,metrics,reader\n'],
  ['CSV with libpq keywords', 'Host;Port;dbname;username\ndb.example.com;5433;metrics;reader'],
  ['CSV with a URL', 'url\tnote\npostgres://reader@db.example.com:5433/metrics\tany'],
  ['a JSON array of URLs', '["postgres://reader@db.example.com:5433/metrics"]'],
  [
    'a JSON array of objects',
    '[{"host":"db.example.com","port":5433,"database":"metrics","user":"reader"}]',
  ],
  [
    'a JSON object with databases',
    '{"databases":[{"host":"db.example.com","port":5433,"dbname":"metrics","username":"reader"}]}',
  ],
])('a list of %s', (_, text) => {
  test('is read, with the name of the database as its name', () => {
    expect(read(text)).toEqual({ metrics: METRICS });
  });

  test('is read with a byte order mark and with line breaks of Windows', () => {
    expect(read(`\uFEFF${text.replaceAll('\n', '\r\n')}`)).toEqual({ metrics: METRICS });
  });
});

test('skips empty lines and comments, and counts them as lines', () => {
  const { databases } = parseDatabaseList('# ours\n\npostgres://db/one\n\nnonsense\n');
  expect(databases.map(({ name, position }) => [name, position])).toEqual([
    ['one', 'line 3'],
    ['line 5', 'line 5'],
  ]);
});

describe('an entry that cannot be used', () => {
  test.each([
    ['postgres://db.example.com/a\nhttp://db/b', 'the URL must begin with postgres:// or'],
    ['postgres://db.example.com/a\npostgres://x:very/secret@db/b', 'percent-encoded'],
    ['postgres://db.example.com/a\npostgres:///b', 'the host is missing'],
    ['postgres://db.example.com/a\npostgres://db.example.com', 'the database is missing'],
    ['name,host,database\na,db,a\nb,db,b,b', 'it has 4 cells, but the header has 3'],
    ['name,host,database\na,db,a\nb,"db,b', 'a quotation mark has no counterpart'],
    ['name,host,database\na,db,a\nb,,b', 'the host is missing'],
    ['name,host,database\na,db,a\nb,d\u001bb,b', 'a control character'],
    ['["postgres://db/a", 7]', 'neither a URL nor an object'],
    ['["postgres://db/a", {"name": "b", "database": {"x": 1}}]', 'the host is missing'],
    ['["postgres://db/a", "postgres://DB:5432/a?host=db"]', 'the same database as entry 1'],
  ])('has a problem, and the other one has none: %j', (text, problem) => {
    const { databases } = parseDatabaseList(text);
    expect(databases).toHaveLength(2);
    expect(databases[0]?.problems).toEqual([]);
    expect(databases[1]?.problems.join('; ')).toContain(problem);
    expect(JSON.stringify(databases[1]?.problems)).not.toContain('secret');
  });
});

describe('names', () => {
  const names = (text: string) => parseDatabaseList(text).databases.map(({ name }) => name);

  test('of equal databases have the first label of the host', () => {
    expect(
      names('postgres://a.example.com/app\npostgres://b.example.com/app\npostgres://10.0.0.1/x'),
    ).toEqual(['app@a', 'app@b', 'x']);
  });

  test('of equal databases and labels have all of the host, or the port', () => {
    expect(names('postgres://a.x/app\npostgres://a.y/app\npostgres://a.y:1/app')).toEqual([
      'app@a',
      'app@a.y',
      'app@a.y:1',
    ]);
  });

  test('from the list are kept, unless two are equal', () => {
    expect(
      names('name,host,database\nours,a,x\nours,b,y\ntheirs,c,z\n__proto__,d,z\n,e,constructor'),
    ).toEqual(['ours@a', 'ours@b', 'theirs', '__proto__', 'constructor']);
  });

  test('are unique and at most 100 characters long, also for equal and endless ones', () => {
    const line = `${'n'.repeat(500)},${'h'.repeat(200)},d`;
    const all = names(`name,host,database\n${`${line}\n`.repeat(3)}`);
    expect(new Set(all).size).toBe(3);
    expect(Math.max(...all.map((name) => name.length))).toBeLessThanOrEqual(100);
  });
});

describe('notes', () => {
  test('name the columns that have no effect', () => {
    expect(parseDatabaseList('host,database,Owner,prot\nh,d,o,1').notes).toEqual([
      'Not used from the list: owner, prot.',
    ]);
  });

  test('refuse passwords in a column without quoting them', () => {
    const { notes, databases } = parseDatabaseList(
      '[{"host":"h","database":"d","password":"p4ss"}]',
    );
    expect(notes).toEqual([
      'The passwords in the list are not used. Keep them in a password file (PGPASSFILE).',
    ]);
    expect(JSON.stringify(databases)).not.toContain('p4ss');
  });
});

test.each([
  ['', 'it contains no database'],
  ['# only a comment', 'it contains no database'],
  ['host,database\n', 'it contains no database'],
  ['[]', 'it contains no database'],
  ['[{"password": "p4ss"', 'it is not valid JSON'],
  ['{"db": "postgres://u:p4ss@h/d"}', 'it is neither an array nor an object with the key'],
])('rejects %j as a whole, and quotes nothing of it', (text, reason) => {
  expect(() => parseDatabaseList(text)).toThrow(reason);
  expect(() => parseDatabaseList(text)).not.toThrow('p4ss');
});
