import * as z from 'zod/mini';
import { cutText, escapeUnprintable } from '../../config/printable.ts';
import { FLEET_SEVERITIES } from '../../fleet/database-state.ts';
import { widespreadSilence } from '../../fleet/widespread-silence.ts';
import { formatDatabases } from '../publishing/notifications.ts';

/** Databases that the widget lists. */
const MAX_ROWS = 15;
const MAX_TEXT = 600;

const COUNTS = ['vulnerable', 'broken', 'silent', 'behind', 'withheld'] as const;
type CountName = (typeof COUNTS)[number];

const LABELS: Readonly<Record<CountName, string>> = {
  vulnerable: 'Vulnerable',
  broken: 'Broken',
  silent: 'Silent',
  behind: 'Behind',
  withheld: 'Withheld',
};

/** CloudWatch's own marks do not exist in HTML; a text says the severity without colour. */
const MARKS: Readonly<Record<(typeof FLEET_SEVERITIES)[number], string>> = {
  error: '✖ error',
  warning: '▲ warning',
  notice: '● notice',
  ok: '✔ ok',
};

const countSchema = z.object({ count: z.int(), of: z.int() });

/** The parts of fleet.json that the widget shows. */
const fleetSchema = z.object({
  environment: z.string(),
  asOf: z.iso.datetime(),
  counts: z.object({
    databases: z.int(),
    vulnerable: countSchema,
    broken: countSchema,
    silent: countSchema,
    behind: countSchema,
    withheld: countSchema,
  }),
  problems: z.array(z.unknown()),
  databases: z.array(
    z.object({
      name: z.string(),
      configured: z.boolean(),
      severity: z.enum(FLEET_SEVERITIES),
      conditions: z.array(z.string()),
      action: z.string(),
      version: z.nullable(z.object({ installed: z.string() })),
      mutes: z.array(z.object({ reason: z.string() })),
    }),
  ),
});

/** The fleet as the widget shows it. */
export type WidgetFleet = z.infer<typeof fleetSchema>;

/** Documentation that CloudWatch shows in the editor of a widget. */
export const WIDGET_DESCRIPTION = `## Fleet of timescaledb-telemetry
The five counts of the environment and its worst databases, as of the last report. The widget has no parameters. It reads the
result of the last report and changes nothing.
`;

/** Parses fleet.json; undefined for bytes that are damaged or of another version. */
export function parseWidgetFleet(bytes: Uint8Array): WidgetFleet | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return fleetSchema.safeParse(value).data;
  } catch {
    return undefined;
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** HTML that a template has made. */
class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function escapeValue(value: Html | readonly Html[] | string | number): string {
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  const text = escapeUnprintable(cutText(String(value), MAX_TEXT));
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** Makes HTML. Every value is escaped, unless it is HTML itself. */
function html(
  strings: TemplateStringsArray,
  ...values: readonly (Html | readonly Html[] | string | number)[]
): Html {
  return new Html(String.raw({ raw: strings }, ...values.map(escapeValue)));
}

/** Domains of the console by the beginning of the region's name; undefined where AWS publishes none. */
const CONSOLES = [
  ['cn-', 'console.amazonaws.cn'],
  ['eusc-', 'console.amazonaws-eusc.eu'],
  ['us-gov-', 'console.amazonaws-us-gov.com'],
  ['us-iso', undefined],
  ['eu-iso', undefined],
  ['', 'console.aws.amazon.com'],
] as const;

/** Links the page in the console of AWS, which asks for a login; names it where the console's address is not known. */
function pageLink({ bucket, region, key }: PagePlace): Html {
  const [, domain] = CONSOLES.find(([prefix]) => region.startsWith(prefix)) ?? [];
  if (domain === undefined) return html`Page of the fleet: s3://${bucket}/${key}`;
  const query = new URLSearchParams({ region, prefix: key });
  const url = `https://${region}.${domain}/s3/object/${encodeURIComponent(bucket)}?${query}`;
  return html`<a href="${url}" target="_blank">Page of the fleet</a>`;
}

/** Where the page of the fleet is. */
export interface PagePlace {
  readonly bucket: string;
  readonly region: string;
  readonly key: string;
}

function rowOf({
  name,
  severity,
  conditions,
  version,
  action,
  mutes,
}: WidgetFleet['databases'][number]): Html {
  const reason = mutes.map((mute) => mute.reason).join('; ');
  return html`<tr><td>${MARKS[severity]}</td><td>${name}</td><td>${conditions.join(', ')}</td><td>${version?.installed ?? 'unknown'}</td><td>${action}${reason === '' ? '' : ` Muted: ${reason}`}</td></tr>`;
}

/** Renders the widget: the counts and the worst databases. Names are untrusted. */
export function renderWidget(fleet: WidgetFleet, place: PagePlace): string {
  const { counts, asOf, databases, problems } = fleet;
  const open = databases.filter(({ configured, severity }) => configured && severity !== 'ok');
  const more = open.length - MAX_ROWS;
  const silence = widespreadSilence(counts);
  return html`<p>${formatDatabases(counts.databases)}, as of ${asOf.slice(0, 16).replace('T', ' ')} UTC${problems.length === 0 ? '' : `; ${problems.length} objects of the record could not be used`}. ${pageLink(place)}</p>
${silence === undefined ? '' : html`<p><b>${silence}</b></p>`}<table><tr>${COUNTS.map((name) => html`<th>${LABELS[name]}</th>`)}</tr><tr>${COUNTS.map((name) => html`<td><b>${counts[name].count}</b> of ${counts[name].of}</td>`)}</tr></table>
${
  open.length === 0
    ? html`<p>No condition holds.</p>`
    : html`<table><tr><th>State</th><th>Database</th><th>Conditions</th><th>Installed</th><th>Action</th></tr>${open.slice(0, MAX_ROWS).map(rowOf)}</table>`
}${more > 0 ? html`<p>${more} more databases have a condition.</p>` : ''}`.text;
}

/** Renders the widget of an environment without a result. */
export function renderNoResult(environment: string, reason: string): string {
  return html`<p>No result of the fleet ${environment}: ${reason} The report runs once a day; invoke the function with {} for one now.</p>`
    .text;
}
