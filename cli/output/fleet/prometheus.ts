import { escapeUnprintable } from '../../../lib/config/printable.ts';
import { CONDITIONS } from '../../../lib/fleet/database-state.ts';
import type { Fleet, FleetRow } from '../../fleet/row.ts';

type Labels = Readonly<Record<string, string>>;

/** A gauge with one value per series. */
interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly series: (fleet: Fleet) => readonly (readonly [Labels, number])[];
}

/** Makes one series of each database for which the value is known. */
function perDatabase(read: (row: FleetRow) => number | null | undefined): Gauge['series'] {
  return ({ rows }) =>
    rows.flatMap((row) => {
      const value = read(row);
      return value === null || value === undefined ? [] : [[{ database: row.name }, value]];
    });
}

function seconds(time: string): number {
  return Date.parse(time) / 1_000;
}

const PREFIX = 'timescaledb_telemetry_';

/** The gauges. docs/cli.md has a table of them, and examples/grafana/fleet.json uses them. */
export const GAUGES: readonly Gauge[] = [
  {
    name: `${PREFIX}as_of_timestamp_seconds`,
    help: 'Time of these values, in seconds since 1970.',
    series: ({ state }) => [[{}, seconds(state.asOf)]],
  },
  {
    name: `${PREFIX}last_success_timestamp_seconds`,
    help: 'Time at which the database was last read, in seconds since 1970.',
    series: perDatabase(({ lastSuccess }) => (lastSuccess === null ? null : seconds(lastSuccess))),
  },
  {
    name: `${PREFIX}condition`,
    help: '1 for each condition that holds, otherwise 0.',
    series: ({ rows }) =>
      rows.flatMap(({ name, conditions }) =>
        CONDITIONS.map(
          (condition) =>
            [{ database: name, condition }, Number(conditions.includes(condition))] as const,
        ),
      ),
  },
  {
    name: `${PREFIX}version_info`,
    help: 'Versions of the database, as labels of the value 1.',
    series: ({ rows }) =>
      rows
        .filter(({ installed }) => installed !== null)
        .map(({ name, postgresql, installed, reachable, latest }) => [
          {
            database: name,
            postgresql: postgresql ?? '',
            installed: installed ?? '',
            reachable: reachable ?? '',
            latest: latest ?? '',
          },
          1,
        ]),
  },
  {
    name: `${PREFIX}advisories`,
    help: 'Published vulnerabilities of the installed version.',
    series: perDatabase(({ installed, advisories }) =>
      installed === null ? null : advisories.length,
    ),
  },
  {
    name: `${PREFIX}versions_behind`,
    help: 'Minor releases between the installed version and the newest one for this PostgreSQL.',
    series: perDatabase(({ versionsBehind }) => versionsBehind),
  },
  {
    name: `${PREFIX}jobs_scheduled`,
    help: 'Scheduled jobs of the database, without the telemetry job.',
    series: perDatabase(({ jobs }) => jobs?.scheduled),
  },
  {
    name: `${PREFIX}jobs_failing`,
    help: 'Scheduled jobs whose last run failed.',
    series: perDatabase(({ jobs }) => jobs?.failing),
  },
];

function escapeLabel(value: string): string {
  return escapeUnprintable(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function labelled(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

/** Formats the fleet in Prometheus' text format. */
export function formatPrometheus(fleet: Fleet): string {
  return GAUGES.flatMap(({ name, help, series }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...series(fleet).map(([labels, value]) => `${labelled(name, labels)} ${value}`),
  ])
    .map((line) => `${line}\n`)
    .join('');
}
