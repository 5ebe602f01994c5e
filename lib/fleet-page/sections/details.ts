import type { VNode } from 'preact';
import type { DatabaseState } from '../../fleet/database-state.ts';
import type { SentReport } from '../../fleet/sent-report.ts';
import { html } from '../html.ts';
import { consentSection, stateSection } from './facts-section.ts';
import { figuresSection } from './figures-section.ts';
import { runsSection } from './runs-section.ts';
import { sentSection } from './sent-section.ts';

export interface DetailsOptions {
  /**
   * Returns the reports of a database that were posted, the newest first, at most `count`. Called for up to 20 databases at
   * once. Absent if the texts are not at hand: the page then has the hashes alone.
   */
  readonly reportsOf?: (name: string, count: number) => Promise<readonly SentReport[]>;
  /** Where the record keeps the texts of all reports, such as `s3://bucket/runs/environment=prod/`. */
  readonly recordedIn?: string;
}

/** Reports of each database with their texts, in fleets of up to 100 databases and in larger ones. */
const REPORTS = 7;
const REPORTS_OF_LARGE_FLEET = 2;
const LARGE_FLEET = 100;

/** Databases whose reports are read at once. */
const BATCH = 20;

/** What a row opens to. */
function details(
  database: DatabaseState,
  asOf: string,
  reports: readonly SentReport[],
  { recordedIn }: DetailsOptions,
): VNode {
  return html`<div class="details">
    <div class="half">${stateSection(database)}${runsSection(database, asOf)}</div>
    <div class="half">${consentSection(database)}${figuresSection(database, asOf)}</div>
    ${sentSection(database.recent, reports, recordedIn)}
  </div>`;
}

/** A database with what its row opens to. */
export interface DatabaseDetails {
  readonly database: DatabaseState;
  readonly content: VNode;
}

/**
 * Renders the details of all databases, one after the other.
 *
 * @param hasRoom whether the page still has room for the texts of reports
 */
export async function* detailsOfAll(
  databases: readonly DatabaseState[],
  asOf: string,
  hasRoom: () => boolean,
  options: DetailsOptions,
): AsyncGenerator<DatabaseDetails, void, undefined> {
  const count = databases.length > LARGE_FLEET ? REPORTS_OF_LARGE_FLEET : REPORTS;
  const { reportsOf } = options;
  for (let start = 0; start < databases.length; start += BATCH) {
    const batch = databases.slice(start, start + BATCH);
    const reports =
      reportsOf !== undefined && hasRoom()
        ? await Promise.all(batch.map(({ name }) => reportsOf(name, count)))
        : [];
    for (const [index, database] of batch.entries()) {
      yield { database, content: details(database, asOf, reports[index] ?? [], options) };
    }
  }
}
