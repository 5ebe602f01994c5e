import type { VNode } from 'preact';
import type { RunSummary } from '../../fleet/database-state.ts';
import type { SentReport } from '../../fleet/sent-report.ts';
import { arrivalOf } from '../../record/posted.ts';
import { sha256Of } from '../../record/recorded-run.ts';
import { type Change, reportChanges } from '../data/report-changes.ts';
import { formatBytes, formatCount, formatTime, visible } from '../format.ts';
import { type Html, html } from '../html.ts';

/** Maximum number of changes that are listed for one report. */
const MAX_CHANGES = 60;

/** Says what is known of the arrival of a report, unless the endpoint has accepted it. */
function arrival({ status }: Pick<RunSummary, 'status'>): Html {
  if (status === undefined) return null;
  switch (arrivalOf(status)) {
    case 'accepted':
      return null;
    case 'answered':
      return html` <span class="arrival">posted, answered with status ${status}</span>`;
    case 'unknown':
      return html` <span class="arrival">posted, arrival unknown</span>`;
  }
}

function changeRow({ path, before, after, difference }: Change): VNode {
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  return html`<tr class=${kind}><th scope="row">${path}</th><td class="before">${before ?? html`<span class="missing">absent</span>`}</td><td class="after">${after ?? html`<span class="missing">removed</span>`}</td><td class="number">${difference ?? kind}</td></tr>`;
}

function changeTable(changes: readonly Change[]): Html {
  const more = changes.length - MAX_CHANGES;
  return [
    html`<div class="scroll" tabindex="0" role="group" aria-label="Changes since the previous report"><table class="changes"><thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th><th scope="col">Difference</th></tr></thead><tbody>${changes.slice(0, MAX_CHANGES).map(changeRow)}</tbody></table></div>`,
    more > 0 &&
      html`<p>${formatCount(more, 'further change')} ${more === 1 ? 'is' : 'are'} not listed.</p>`,
  ];
}

/** Compares a report with the previous one: a word for its summary, and the difference. */
function compare(previous: SentReport | undefined, { text }: SentReport): [string, Html] {
  if (previous === undefined) {
    return ['', html`<p class="none">The page has no earlier report to compare with.</p>`];
  }
  if (previous.text === text)
    return ['unchanged', html`<p>The same text as the previous report.</p>`];
  const changes = reportChanges(previous.text, text);
  if (changes === undefined) {
    return ['changed', html`<p>The texts differ and cannot be compared as JSON.</p>`];
  }
  if (changes.length === 0) {
    return [
      'unchanged',
      html`<p>The same values as in the previous report, written differently.</p>`,
    ];
  }
  return [formatCount(changes.length, 'change'), changeTable(changes)];
}

function report(current: SentReport, previous: SentReport | undefined): VNode {
  const { at, text } = current;
  const [summary, changes] = compare(previous, current);
  return html`<details class="report"><summary><time datetime=${at}>${formatTime(at)}</time> <span>${formatBytes(Buffer.byteLength(text))}</span> <span>${summary}</span>${arrival(current)}</summary>
    <p class="hash">SHA-256 <code>${sha256Of(text)}</code></p>
    ${changes}
    <p class="for">The exact text:</p><pre dir="ltr">${text.startsWith('\n') ? `\n${text}` : text}</pre></details>`;
}

/** A report that was posted, and whose text the page does not have. */
function hashOnly(run: RunSummary): VNode {
  const { at, bytes, sha256 } = run;
  return html`<li><time datetime=${at}>${formatTime(at)}</time> ${bytes !== undefined && formatBytes(bytes)} <code>${visible(sha256 ?? '')}</code>${arrival(run)}</li>`;
}

/**
 * Renders what was sent: every report that the page has with its exact text, and the hashes of the others. A report that was
 * posted by a run that failed is among them.
 *
 * @param reports the newest first
 * @param recordedIn where the texts of the others are kept, such as `s3://bucket/runs/environment=prod/`
 */
export function sentSection(
  recent: readonly RunSummary[],
  reports: readonly SentReport[],
  recordedIn: string | undefined,
): VNode {
  const shown = new Set(reports.map(({ at }) => at));
  const others = recent.filter(
    ({ status, sha256, at }) => status !== undefined && sha256 !== undefined && !shown.has(at),
  );
  const isEmpty = reports.length === 0 && others.length === 0;
  return html`<section class="sent"><h3>What was sent</h3>
    ${isEmpty && html`<p class="none">No report was posted by the recent runs.</p>`}
    ${reports.map((one, index) => report(one, reports[index + 1]))}
    ${
      others.length > 0 &&
      html`<details class="report"><summary>${formatCount(others.length, 'more report')}, by hash</summary>
      ${recordedIn !== undefined && html`<p>The record has the exact texts: <code>${visible(recordedIn)}</code></p>`}
      <ul class="hashes">${others.map(hashOnly)}</ul></details>`
    }
  </section>`;
}
