import type { VNode } from 'preact';
import { postgresqlOf } from '../../fleet/action.ts';
import type { DatabaseState, Mute } from '../../fleet/database-state.ts';
import { formatDate, formatNumber, formatTime, visible } from '../format.ts';
import { type Html, html } from '../html.ts';
import { CONDITION_LABELS, CONDITION_MEANINGS } from '../labels.ts';

/** A term and its value; nothing without a value. */
function fact(term: string, value: Html): Html {
  if (value === null || value === undefined || value === '') return null;
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

/** Links an advisory in GitHub's database; another identifier is text. */
function advisory(id: string): VNode {
  return /^GHSA(-[0-9a-z]{4}){3}$/.test(id)
    ? html`<a href=${`https://github.com/advisories/${id}`} rel="noreferrer">${id}</a>`
    : html`<span>${visible(id)}</span>`;
}

function advisories(ids: readonly string[]): Html {
  return ids.length === 0 ? null : ids.map((id, index) => [index > 0 && ', ', advisory(id)]);
}

function mute({ advisory: id, until, reason }: Mute): VNode {
  return html`<p class="mute"><b>Muted</b>${id !== undefined && ` for ${visible(id)}`}${until !== undefined && ` until ${formatDate(until)}`}: ${visible(reason)}</p>`;
}

/** Renders what holds, since when, and what the version check says. */
export function stateSection(database: DatabaseState): VNode {
  const { conditions, since, version, mutes, formerName } = database;
  return html`<section><h3>State</h3>
    ${
      conditions.length > 0 &&
      html`<ul class="conditions">${conditions.map((one) => {
        const from = since[one];
        return html`<li><b>${CONDITION_LABELS[one]}</b>${from !== undefined && ` since ${formatDate(from)}`}: ${CONDITION_MEANINGS[one]}</li>`;
      })}</ul>`
    }
    <p>${version === null ? 'The version has not been read yet.' : visible(version.sentence)}</p>
    ${mutes.map(mute)}
    ${formerName !== undefined && html`<p>It has the identifier of a removed database: ${visible(formerName)}.</p>`}
    <dl class="facts">
      ${fact('Advisories', advisories(version?.advisories ?? []))}
      ${fact('Smallest fix', version?.fix)}
      ${fact('Verdicts', version?.verdicts.map(visible).join(', '))}
      ${fact('Newest release', version?.latest)}
      ${fact('Releases behind', version?.versionsBehind === undefined ? null : formatNumber(version.versionsBehind))}
      ${fact('Installed since', since.installed && formatDate(since.installed))}
      ${fact('PostgreSQL', postgresql(database))}
      ${fact('Jobs', jobs(database))}
      ${fact('Identifier', database.identity && html`<code>${visible(database.identity.uuid)}</code>`)}
      ${fact('Version data of', version && formatDate(version.dataAsOf))}
    </dl></section>`;
}

function postgresql(database: DatabaseState): Html {
  const found = postgresqlOf(database);
  return found && `${visible(found)}${database.version?.standby ? ', a standby' : ''}`;
}

function jobs({ jobs: group }: DatabaseState): Html {
  if (group === null) return null;
  const since = group.oldestFailure === null ? '' : `, since ${formatTime(group.oldestFailure)}`;
  return `${formatNumber(group.failing)} of ${formatNumber(group.scheduled)} failing${group.failing > 0 ? since : ''}`;
}

/** Renders the latest decision about consent, with the rule that decided and its place. */
export function consentSection({ consent, since, sent }: DatabaseState): VNode {
  if (consent === null) {
    return html`<section><h3>Consent</h3><p class="none">No run has read it yet.</p></section>`;
  }
  const { granted, level, rule, where, holder, sentence, at } = consent;
  return html`<section><h3>Consent</h3>
    <p><b>${granted ? 'Granted' : 'Denied'}</b>. ${visible(sentence)}</p>
    <dl class="facts">
      ${fact('Rule', html`<code>${visible(rule)}</code>`)}
      ${fact('Set in', html`<code>${visible(where)}</code>${holder !== undefined && html` <span>(${visible(holder)})</span>`}`)}
      ${fact('Level', html`<code>${visible(level)}</code>`)}
      ${fact(granted ? 'Granted since' : 'Denied since', sinceWhen(granted ? since.granted : since.withheld))}
      ${fact('Read', formatTime(at))}
      ${fact('Endpoint', sent?.endpoint && visible(sent.endpoint))}
    </dl></section>`;
}

function sinceWhen(day: string | undefined): string | null {
  return day === undefined ? null : formatDate(day);
}
