import type { VNode } from 'preact';
import type { DatabaseState, LastRun, RunSummary } from '../../fleet/database-state.ts';
import {
  formatBytes,
  formatDate,
  formatNumber,
  formatTime,
  relativeTime,
  visible,
} from '../format.ts';
import { type Html, html } from '../html.ts';

function attemptLabel({ attempt }: RunSummary): string {
  if (attempt === 'hand') return 'by hand';
  return attempt === 0 ? '' : `retry ${attempt}`;
}

function run(one: RunSummary): VNode {
  const { tick, outcome, code, bytes, sha256, durationMs } = one;
  return html`<tr class=${outcome}><td><time datetime=${tick}>${formatTime(tick)}</time> <span class="for">${attemptLabel(one)}</span></td><td>${outcome}${code !== undefined && html` <code>${visible(code)}</code>`}</td><td>${bytes !== undefined && formatBytes(bytes)}${sha256 !== undefined && html` <code>${visible(sha256.slice(0, 8))}</code>`}</td><td class="number">${durationMs === undefined ? '' : `${formatNumber(Math.round(durationMs))} ms`}</td></tr>`;
}

function sentences({ message, remedy, retryAt, warnings }: LastRun): Html {
  return [
    html`<p>${visible(message)}</p>`,
    remedy !== undefined && html`<p>${visible(remedy)}</p>`,
    retryAt !== undefined && html`<p>The retry is scheduled for ${formatTime(retryAt)}.</p>`,
    warnings.length > 0 &&
      html`<ul>${warnings.map((warning) => html`<li>${visible(warning)}</li>`)}</ul>`,
  ];
}

/** Renders the recent runs, the newest first, with the sentences of the latest one. */
export function runsSection(database: DatabaseState, asOf: string): VNode {
  const { lastRun, lastSuccess, due, recent, tickHours } = database;
  return html`<section><h3>Recent runs</h3>
    ${
      lastRun === null
        ? html`<p class="none">No run was recorded${database.awaitedSince !== undefined && `; the first was expected on ${formatDate(database.awaitedSince)}`}.</p>`
        : sentences(lastRun)
    }
    ${recent.length > 0 && html`<div class="scroll" tabindex="0" role="group" aria-label="Recent runs"><table class="runs"><thead><tr><th scope="col">Tick</th><th scope="col">Outcome</th><th scope="col">Report</th><th scope="col">Duration</th></tr></thead><tbody>${recent.map(run)}</tbody></table></div>`}
    <p class="for">${tickHours === 24 ? 'One run a day' : `One run every ${tickHours} hours`}.${lastSuccess !== null && ` Last success: ${formatTime(lastSuccess)} (${relativeTime(lastSuccess, asOf)}).`}${due !== null && ` Next report due: ${formatTime(due.nextDue)}.`}</p></section>`;
}
