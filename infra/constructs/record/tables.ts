import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { dayPrefix } from '../../../lib/record/record-key.ts';
import type { Environment, RecordBucket } from '../../config/resolved-environment.ts';
import { catalogName, environmentName } from '../../naming.ts';
import { ALL_DATABASES, ONE_DATABASE, recordQueries } from './queries.ts';

/** Folder of the results of queries, beside `runs/`. */
export const QUERY_RESULTS = 'query-results';
/** A query that reads more is cancelled; the record of 1,000 databases and 400 days has about 2 GB. */
const MAX_SCANNED_BYTES = 100 * 1_000_000_000;

/** A type of Hive, or the fields of a struct. */
type HiveType = string | { readonly [field: string]: HiveType };

/** The fields of a recorded run. The SerDe maps keys to columns in lower case. */
export const RUN_COLUMNS: Readonly<Record<string, HiveType>> = {
  version: 'int',
  recordedat: 'string',
  line: {
    severity: 'string',
    message: 'string',
    outcome: 'string',
    environment: 'string',
    database: 'string',
    scheduledtime: 'string',
    attempt: 'int',
    hint: 'string',
    remedy: 'string',
    standby: 'boolean',
    uuid: 'string',
    jobs: { scheduled: 'int', failing: 'int', oldestfailure: 'string' },
    consent: {
      granted: 'boolean',
      level: 'string',
      rule: 'string',
      where: 'string',
      holder: 'string',
      sentence: 'string',
    },
    warnings: 'array<string>',
    notes: 'array<string>',
    nextdue: 'string',
    report: { source: 'string', bytes: 'bigint', sha256: 'string', estimatedrelations: 'bigint' },
    receipt: { endpoint: 'string', status: 'int', at: 'string' },
    version: {
      installed: 'string',
      postgresql: 'string',
      available: 'string',
      latest: 'string',
      reachable: 'string',
      fix: 'string',
      versionsbehind: 'int',
      verdicts: 'array<string>',
      sentence: 'string',
      advisories: 'array<string>',
      asof: 'string',
    },
    retry: { attempt: 'int', at: 'string' },
    error: { code: 'string', origin: 'string', retryable: 'boolean' },
    durationms: 'map<string,double>',
    shortenedfrombytes: 'int',
  },
  report: 'string',
};

function formatType(type: HiveType): string {
  if (typeof type === 'string') return type;
  const fields = Object.entries(type).map(([name, inner]) => `${name}:${formatType(inner)}`);
  return `struct<${fields.join(',')}>`;
}

interface TableSettings {
  readonly name: string;
  readonly description: string;
  /** Columns of the partitions beside `day`, and how Athena gets their values. */
  readonly partitions: Readonly<Record<string, string>>;
  /** Folder of one partition below that of its day. */
  readonly folder: string;
}

const TABLES: readonly TableSettings[] = [
  {
    name: ALL_DATABASES,
    description: 'Runs of all databases; a query needs a range of day',
    partitions: {},
    folder: '',
  },
  {
    name: ONE_DATABASE,
    description: 'Runs of the databases that the query names with database = … or in (…)',
    // A list of the values would have to contain every database, and Athena would list every folder of every day.
    partitions: { database: 'injected' },
    folder: `database=\${database}/`,
  },
];

function projectionOf(
  { partitions, folder }: TableSettings,
  days: string,
  recordDays: number,
): Readonly<Record<string, string>> {
  return {
    'projection.enabled': 'true',
    'projection.day.type': 'date',
    'projection.day.format': 'yyyy-MM-dd',
    'projection.day.range': `NOW-${recordDays}DAYS,NOW`,
    'projection.day.interval': '1',
    'projection.day.interval.unit': 'DAYS',
    ...Object.fromEntries(
      Object.entries(partitions).map(([column, type]) => [`projection.${column}.type`, type]),
    ),
    'storage.location.template': `${days}${folder}`,
    classification: 'json',
    compressionType: 'gzip',
  };
}

function createTable(
  scope: Construct,
  { place, recordDays }: Environment,
  { name: bucket, prefix }: RecordBucket,
  settings: TableSettings,
): CfnTable {
  const { name, description, partitions } = settings;
  const folderOf = (date: string): string =>
    `s3://${bucket}/${dayPrefix(place.environment, date, prefix)}`;
  return new CfnTable(scope, `Table-${name}`, {
    catalogId: place.account,
    databaseName: catalogName(place),
    tableInput: {
      name,
      description,
      tableType: 'EXTERNAL_TABLE',
      parameters: projectionOf(settings, folderOf(`\${day}`), recordDays),
      partitionKeys: ['day', ...Object.keys(partitions)].map((column) => ({
        name: column,
        type: 'string',
      })),
      storageDescriptor: {
        columns: Object.entries(RUN_COLUMNS).map(([column, type]) => ({
          name: column,
          type: formatType(type),
        })),
        location: folderOf('').replace(/date=\/$/, ''),
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
          // A foreign object must not stop a query.
          parameters: { 'ignore.malformed.json': 'true' },
        },
      },
    },
  });
}

/** Creates the tables and saved queries of Athena for the record, in a workgroup. */
export function createRecordTables(
  scope: Construct,
  environment: Environment,
  record: RecordBucket,
): void {
  const { place } = environment;
  const catalog = new CfnDatabase(scope, 'Catalog', {
    catalogId: place.account,
    databaseInput: {
      name: catalogName(place),
      description: `Record of the runs of ${environmentName(place)}`,
    },
  });
  for (const settings of TABLES) {
    createTable(scope, environment, record, settings).addResourceDependency(catalog);
  }
  const results = [record.name, record.prefix, QUERY_RESULTS].filter((part) => part !== undefined);
  const workGroup = new CfnWorkGroup(scope, 'WorkGroup', {
    name: environmentName(place),
    description: 'Queries over the record of runs',
    // Saved queries are deleted with it.
    recursiveDeleteOption: true,
    workGroupConfiguration: {
      enforceWorkGroupConfiguration: true,
      publishCloudWatchMetricsEnabled: false,
      bytesScannedCutoffPerQuery: MAX_SCANNED_BYTES,
      resultConfiguration: {
        outputLocation: `s3://${results.join('/')}/`,
        expectedBucketOwner: place.account,
      },
    },
  });
  for (const [index, { name, description, query }] of recordQueries(environment).entries()) {
    new CfnNamedQuery(scope, `Query${index}`, {
      name,
      description,
      queryString: query,
      database: catalogName(place),
      workGroup: environmentName(place),
    }).addResourceDependency(workGroup);
  }
}
