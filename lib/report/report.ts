import { createHash } from 'node:crypto';
import gte from 'semver/functions/gte.js';
import * as z from 'zod/mini';
import type { Snapshot } from '../database.ts';
import { type Identity, isAtLeast } from '../identity.ts';
import { checkRow } from '../input.ts';
import type { Target } from '../target.ts';
import type { Field } from './field.ts';
import { FIELDS } from './fields.ts';
import { estimatedCount, type Sizes } from './measure.ts';
import { relationsCtes } from './relations.ts';

/** The report: exactly these bytes are shown, hashed and posted. */
export interface Report {
  /** Where its figures come from; `catalog` is plain SQL. */
  readonly source: 'catalog';
  readonly body: Uint8Array<ArrayBuffer>;
  /** Hexadecimal, of `body`. */
  readonly sha256: string;
  /** How many relations' sizes are estimates: all of them when asked for, else those that were locked. */
  readonly estimatedRelations: number;
}

function has({ since = '0.0.0', until }: Field, identity: Identity): boolean {
  return isAtLeast(identity, since) && (until === undefined || gte(until, identity.release));
}

/** The whole report as one SELECT of one row. The text is jsonb's own, as the extension's is. */
export function reportQuery(identity: Identity, sizes: Sizes): string {
  const fields = FIELDS.filter((field) => has(field, identity));
  const rows = fields.map(({ name, sql }) => `  ('${name}', ${sql(identity)})`);
  return `
with ${relationsCtes(identity, sizes)},
fields (name, value) as (values
${rows.join(',\n')}
)
select
  (select pg_catalog.jsonb_object_agg(f.name, f.value)::text from fields f where f.value is not null) as report,
  ${estimatedCount(sizes)}::int as estimated_relations`;
}

const rowSchema = z.object({ report: z.string(), estimated_relations: z.int() });

/**
 * Builds the report in one statement. A relation that gets locked just when it is measured does not hold it: the lock
 * time-out ends the first try, and a second one estimates every size.
 */
export async function buildReport(snapshot: Snapshot, target: Target): Promise<Report> {
  const estimating = reportQuery(snapshot.identity, 'estimated');
  const row =
    target.sizes === 'estimated'
      ? await snapshot.row(estimating)
      : await snapshot.rowOrElse(reportQuery(snapshot.identity, 'exact'), estimating);
  const { report, estimated_relations } = checkRow('the report', rowSchema, row);
  const body = new TextEncoder().encode(report);
  return {
    source: 'catalog',
    body,
    sha256: createHash('sha256').update(body).digest('hex'),
    estimatedRelations: estimated_relations,
  };
}
