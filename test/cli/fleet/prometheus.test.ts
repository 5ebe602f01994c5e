import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { replaceFile } from '../../../cli/output/files/replace-file.ts';
import { formatPrometheus, GAUGES } from '../../../cli/output/fleet/prometheus.ts';
import { namesInTables, parsePage, readOwn, sectionsOf } from '../../support/repo/pages.ts';
import { CURRENT, fleetOf, UNREACHABLE, VULNERABLE } from './rows.ts';

/** A line of a sample in the text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?\d+(?:\.\d+)?)$/;

/** Parses the format strictly: values by name and labels. Throws for a line that is neither comment nor sample. */
function parse(text: string): ReadonlyMap<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n').slice(0, -1)) {
    if (/^# (HELP|TYPE) [a-z_]+ \S/.test(line)) continue;
    const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
    if (name === undefined) throw new Error(`not a sample: ${line}`);
    const key = labels === '' ? name : `${name}{${labels}}`;
    if (samples.has(key)) throw new Error(`twice: ${key}`);
    samples.set(key, Number(value));
  }
  return samples;
}

const P = 'timescaledb_telemetry_';

describe('the text for Prometheus', () => {
  test('has the gauges of each database, and none that is not known', () => {
    const samples = parse(formatPrometheus(fleetOf([VULNERABLE, UNREACHABLE, CURRENT])));
    expect(samples.get(`${P}as_of_timestamp_seconds`)).toBe(Date.UTC(2026, 10, 28, 5) / 1_000);
    expect(samples.get(`${P}condition{database="events",condition="vulnerable"}`)).toBe(1);
    expect(samples.get(`${P}condition{database="events",condition="broken"}`)).toBe(0);
    expect(samples.get(`${P}condition{database="orders",condition="failed"}`)).toBe(1);
    expect(samples.get(`${P}advisories{database="events"}`)).toBe(1);
    expect(samples.get(`${P}versions_behind{database="metrics"}`)).toBe(0);
    expect(samples.get(`${P}jobs_scheduled{database="metrics"}`)).toBe(3);
    expect(
      samples.get(
        `${P}version_info{database="events",postgresql="17.7",installed="2.28.3",reachable="2.29.2",latest="2.29.2"}`,
      ),
    ).toBe(1);
    const ofOrders = [...samples.keys()].filter((key) => key.includes('"orders"'));
    expect(ofOrders.filter((key) => !key.startsWith(`${P}condition{`))).toEqual([]);
  });

  test('ends in a line feed, and has help and type before each metric', () => {
    const lines = formatPrometheus(fleetOf([CURRENT])).split('\n');
    expect(lines.at(-1)).toBe('');
    for (const { name } of GAUGES) {
      const index = lines.indexOf(`# TYPE ${name} gauge`);
      expect(lines[index - 1]).toMatch(`# HELP ${name} `);
      expect(lines[index + 1]).toMatch(new RegExp(`^${name}[{ ]`));
    }
  });

  test('escapes hostile names', () => {
    const name = 'a"b\\c\nd\u001b[2J\u202e{}';
    const samples = parse(formatPrometheus(fleetOf([{ ...CURRENT, name }])));
    const keys = [...samples.keys()].filter((key) => key.startsWith(`${P}advisories`));
    expect(keys).toEqual([
      `${P}advisories{database="a\\"b\\\\c\\\\u000ad\\\\u001b[2J\\\\u202e{}"}`,
    ]);
  });

  test('is valid for a fleet without databases', () => {
    expect([...parse(formatPrometheus(fleetOf([]))).keys()]).toEqual([
      `${P}as_of_timestamp_seconds`,
    ]);
  });
});

test('docs/cli.md has every gauge, and no other', () => {
  const section = sectionsOf(parsePage('docs/cli.md', readOwn('docs/cli.md'))).get('npm run fleet');
  const documented = namesInTables(section ?? '').filter((name) => name.startsWith(P));
  expect(documented).toEqual(GAUGES.map(({ name }) => name));
});

describe('the textfile', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'textfile-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('replaces the file at once, is readable for the collector, and leaves no other file', async () => {
    const file = join(folder, 'fleet.prom');
    await writeFile(file, 'old\n', { mode: 0o600 });
    const { ino } = await stat(file);
    await replaceFile(file, 'new 1\n', 'public');
    expect(await readFile(file, 'utf8')).toBe('new 1\n');
    const after = await stat(file);
    // Another file has taken the name: a reader of the old one still reads all of it.
    expect(after.ino).not.toBe(ino);
    expect(after.mode & 0o444).toBe(0o444);
    expect(await readdir(folder)).toEqual(['fleet.prom']);
  });

  test('keeps a private file from other users', async () => {
    const file = join(folder, 'fleet.html');
    await replaceFile(file, 'a page', 'private');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await rm(file);
  });

  test('leaves no file when it cannot be written', async () => {
    await expect(replaceFile(folder, 'new 1\n', 'public')).rejects.toThrow();
    expect(
      (await readdir(tmpdir())).filter(
        (name) => name.endsWith('.tmp') && name.startsWith('textfile-'),
      ),
    ).toEqual([]);
  });
});

describe('examples/grafana/fleet.json', () => {
  const text = readOwn('examples/grafana/fleet.json');

  test('uses only gauges that exist, and nearly all of them', () => {
    const used = new Set(text.match(/timescaledb_telemetry_\w+/g));
    const names = GAUGES.map(({ name }) => name);
    expect([...used].filter((name) => !names.includes(name))).toEqual([]);
    expect(names.filter((name) => !used.has(name))).toEqual([`${P}jobs_scheduled`]);
  });

  test('is JSON with panels that do not overlap, and one data source that the user chooses', () => {
    const { panels }: { panels: readonly { gridPos: Record<'x' | 'y' | 'w' | 'h', number> }[] } =
      JSON.parse(text);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from(
        { length: w * h },
        (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`,
      ),
    );
    expect(panels.length).toBeGreaterThan(5);
    expect(new Set(cells).size).toBe(cells.length);
    const ids = [...text.matchAll(/"uid": "(.*)"/g)].map(([, id]) => id);
    expect(new Set(ids)).toEqual(new Set([`$${'{datasource}'}`, 'timescaledb-telemetry-fleet']));
  });
});
