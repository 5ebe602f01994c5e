import type { VNode } from 'preact';
import type { DatabaseState, FleetSeverity } from '../../fleet/database-state.ts';
import { isNewer } from '../../version.ts';
import { toServerVersion } from '../../version-check/server-version.ts';
import { formatDate, relativeTime, shorten, visible } from '../format.ts';
import { type Html, html } from '../html.ts';
import { icon } from '../icons.ts';
import { CONDITION_LABELS, stateLabel } from '../labels.ts';

/** Maximum length of a name, in UTF-16 units; a longer one is shortened. */
const NAME_LENGTH = 120;

export function displayName(name: string): string {
  const shown = visible(shorten(name, NAME_LENGTH));
  return shown.trim() === '' ? '(empty name)' : shown;
}

function isUpgrade(from: string | null | undefined, to: string | null | undefined): boolean {
  const [before, after] = [toServerVersion(from ?? ''), toServerVersion(to ?? '')];
  return before !== undefined && after !== undefined && isNewer(after.version, before.version);
}

/** A version of the matrix. An arrow marks one that is newer than the one before it. */
interface VersionCell {
  readonly label: string;
  readonly text: string | null;
  readonly isNewer: boolean;
}

/** Returns installed, available and reachable version of a database. */
function versionCells({ version }: DatabaseState): readonly VersionCell[] {
  const { installed = null, available = null, verdicts = [] } = version ?? {};
  // An up-to-date version is itself the newest that the database can reach.
  const reachable = version?.reachable ?? (verdicts.includes('up-to-date') ? installed : null);
  return [
    { label: 'installed', text: installed, isNewer: false },
    { label: 'available', text: available, isNewer: isUpgrade(installed, available) },
    { label: 'reachable', text: reachable, isNewer: isUpgrade(available ?? installed, reachable) },
  ];
}

/** Severity of the installed version: of the worst condition that an upgrade ends. */
function installedSeverity({ conditions }: DatabaseState): FleetSeverity {
  if (conditions.includes('broken') || conditions.includes('vulnerable')) return 'error';
  if (conditions.includes('behind')) return 'warning';
  return conditions.includes('unknown') ? 'notice' : 'ok';
}

function versions(database: DatabaseState): Html {
  return versionCells(database).map(({ label, text, isNewer: newer }, index) => {
    const kind = index === 0 ? ` installed ${installedSeverity(database)}` : newer ? ' newer' : '';
    return html`<span class=${`version${kind}`}><span class="for">${label} </span><span class="text">${newer && html`<span class="arrow">↑ <span class="hidden">newer: </span></span>`}${text === null ? html`<span class="missing">–<span class="hidden">not known</span></span>` : visible(text)}</span></span>`;
  });
}

/** Renders since when the worst condition holds, what to do, and the other conditions. */
function conditionLine({ conditions, since, action, mutes }: DatabaseState): Html {
  const [worst, ...others] = conditions;
  if (worst === undefined) return null;
  const first = since[worst];
  return [
    first !== undefined && html`<span class="since">since ${formatDate(first)}</span>`,
    html`<span class="line"><span class="action">${visible(action)}</span>${
      others.length > 0 &&
      html`<span class="also">also ${others.map((one) => CONDITION_LABELS[one].toLowerCase()).join(', ')}</span>`
    }${mutes.length > 0 && html`<span class="muted-tag">muted</span>`}</span>`,
  ];
}

function lastRun({ lastRun: run }: DatabaseState, asOf: string): Html {
  if (run === null) return html`<span class="last">never</span>`;
  return html`<span class="last"><span class="for">last run </span>${relativeTime(run.at, asOf)}</span>`;
}

interface RowContext {
  readonly asOf: string;
  /** What the row opens to; absent if the script of the page adds it when the row is opened. */
  readonly content?: VNode;
  /** Position in the data of the page, the worst database being 0. */
  readonly position: number;
}

/** Renders a database as an item of the list. */
export function row(database: DatabaseState, { asOf, content, position }: RowContext): VNode {
  const { name, severity } = database;
  return html`<li class=${`database ${severity}`} data-position=${position}><details><summary>
    <span class="state">${icon(severity)}${stateLabel(database)}</span>
    <span class="name"><bdi>${displayName(name)}</bdi></span>
    ${versions(database)}
    ${lastRun(database, asOf)}
    ${conditionLine(database)}
  </summary>${content}</details></li>`;
}

/** Renders a database as a row of the short table, which readers without JavaScript see in a large fleet. */
export function shortRow(database: DatabaseState): VNode {
  const { conditions, name } = database;
  const state = conditions.map((one) => CONDITION_LABELS[one]).join(', ');
  return html`<tr><td>${displayName(name)}</td>${versionCells(database).map(
    ({ text }) => html`<td>${text === null ? '–' : visible(text)}</td>`,
  )}<td>${state || 'OK'}</td></tr>`;
}
