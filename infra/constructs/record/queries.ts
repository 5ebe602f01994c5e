import { NEVER_CONNECTED } from '../../../lib/record/posted.ts';
import type { Environment } from '../../config/resolved-environment.ts';

/** Table of the runs of all databases, by day. */
export const ALL_DATABASES = 'runs';
/** Table of the runs of named databases, by day: a query reads the objects of these databases only. */
export const ONE_DATABASE = 'runs_of_database';

/** A saved query of Athena. */
export interface RecordQuery {
  readonly name: string;
  readonly description: string;
  readonly query: string;
}

/** The name in the key, which only the function of that database can write. */
const DATABASE_IN_KEY = `regexp_extract("$path", '/database=([^/]+)/', 1)`;

function since(days: number): string {
  return `day >= date_format(current_date - interval '${days}' day, '%Y-%m-%d')`;
}

function numberIn(...fields: readonly string[]): string {
  const texts = fields.map((field) => `json_extract_scalar(report, '$.${field}')`);
  return `cast(${texts.length === 1 ? texts[0] : `coalesce(${texts.join(', ')})`} as bigint)`;
}

/** The size of a part of compressed hypertables; the second field is that of releases before 2.6. */
function compressed(kind: 'compressed' | 'uncompressed'): string {
  const parts = [
    ['heap', 'heap'],
    ['toast', 'toast'],
    ['indexes', 'index'],
  ].map(([now, before]) =>
    numberIn(`relations.hypertables.compression.${kind}_${now}_size`, `${kind}_${before}_size`),
  );
  return parts.join('\n    + ');
}

/** A report that has left the network, or may have; as `postedStatus()` decides. */
const WAS_POSTED = `report is not null
  and (
    line.receipt.status is not null
    or (line.durationms is null or element_at(line.durationms, 'delivery') is not null)
    and coalesce(line.error.origin, '') not in (${NEVER_CONNECTED.map((code) => `'${code}'`).join(', ')})
  )`;

const SENT_REPORTS: RecordQuery = {
  name: 'sent reports',
  description:
    'What was sent and when, with the exact text, in the last seven days; also by runs that failed',
  query: `select ${DATABASE_IN_KEY} as database,
  coalesce(line.receipt.at, recordedat) as sent_at,
  case
    when cast(line.receipt.status as integer) between 200 and 299 then 'accepted'
    when line.receipt.status is not null then 'answered'
    else 'unknown'
  end as arrival,
  line.receipt.endpoint as endpoint,
  line.receipt.status as status,
  line.report.bytes as bytes,
  line.report.sha256 as sha256,
  line.outcome as outcome,
  report
from ${ALL_DATABASES}
where ${since(7)}
  and ${WAS_POSTED}
order by recordedat desc`,
};

const VERSION_CHANGES: RecordQuery = {
  name: 'version changes',
  description: 'When each database changed its version of TimescaleDB, in the last 90 days',
  query: `with seen as (
  select ${DATABASE_IN_KEY} as database,
    recordedat,
    line.version.installed as installed,
    lag(line.version.installed) over (
      partition by ${DATABASE_IN_KEY} order by recordedat
    ) as previous
  from ${ALL_DATABASES}
  where ${since(90)}
    and line.version.installed is not null
)
select database, recordedat as seen_at, previous, installed
from seen
where installed <> previous
order by seen_at desc`,
};

function growthOf(database: string): RecordQuery {
  return {
    name: 'growth',
    description: 'Growth of data and compression of the named databases; replace the names',
    query: `select database,
  day,
  ${numberIn('data_volume')} as data_bytes,
  ${compressed('uncompressed')} as bytes_before_compression,
  ${compressed('compressed')} as bytes_after_compression,
  ${numberIn('relations.hypertables.compression.num_compressed_chunks')} as compressed_chunks
from ${ONE_DATABASE}
where database in ('${database}')
  and report is not null
order by database, recordedat`,
  };
}

/** Returns the saved queries of an environment. One of them needs the name of a database, for which it has the first. */
export function recordQueries({
  databases: [first],
}: Pick<Environment, 'databases'>): readonly RecordQuery[] {
  return [SENT_REPORTS, VERSION_CHANGES, growthOf(first?.name ?? 'metrics')];
}
