import gte from 'semver/functions/gte.js';

/** The first release with telemetry. */
export const FIRST_RELEASE = '0.12.0';

/** The first release with a capability, and the first without it again. */
type Span = string | readonly [since: string, before: string];

/**
 * Differences between releases that the SQL depends on, by name. Sources: TimescaleDB's update scripts, `src/telemetry/` and
 * release notes.
 */
const CAPABILITIES = [
  // The table of metadata, and its part of the report.
  /** `_timescaledb_catalog.telemetry_metadata` in place of `installation_metadata`; the report has `db_metadata`. */
  ['reportedMetadata', '1.3.0'],
  /** `_timescaledb_catalog.metadata`, with the column `include_in_telemetry`. */
  ['metadataFlag', '1.4.0'],
  /** `installed_time` is `YYYY-MM-DDTHH:MM:SS+00`, and not the text of a timestamp. */
  ['isoInstalledTime', '1.7.3'],

  // The job catalog.
  /** The telemetry job runs as the owner of the job catalog, and not as the bootstrap superuser. */
  ['jobRunsAsCatalogOwner', '1.3.2'],
  /** `bgw_job_stat.last_successful_finish`. */
  ['lastSuccessTime', '1.5.0'],
  /** Jobs have a procedure, an owner and `scheduled`, in place of a `job_type`. */
  ['jobProcedures', '2.0.0'],
  /** Jobs have `fixed_schedule`, `initial_start` and `timezone`, and counters of their own in the report. */
  ['fixedSchedules', '2.9.0'],
  /** `timescaledb_information.job_errors` in place of the table `_timescaledb_internal.job_errors`. */
  ['jobErrorsView', '2.10.0'],
  /** `owner` of a job is a `regrole`, and not a name. */
  ['jobOwnerIsRole', '2.10.2'],
  /** Old job runs are removed by `policy_job_stat_history_retention`, and not by `policy_job_error_retention`. */
  ['jobHistoryRetention', '2.15.1'],
  /** `_timescaledb_catalog.bgw_job`; `_timescaledb_config.bgw_job` is a view that counts as a user's. */
  ['jobsInCatalogSchema', '2.25.0'],
  /** Scheduler and telemetry job run as the owner of the database (release notes of 2.32.0, #10960 and #10983). */
  ['schedulerRunsAsDatabaseOwner', '2.32.0'],

  // Functions.
  /** `get_os_info()` returns `version_pretty`. */
  ['prettyOsName', '1.2.0'],
  /** The extension can be built without telemetry, and then has no `get_telemetry_report()`. */
  ['optionalTelemetry', '2.7.0'],
  /** The server's own report counts functions, and the level `no_functions` exists. */
  ['functionCounts', '2.7.1'],
  /** Schema `_timescaledb_functions`. */
  ['functionsSchema', '2.11.0'],
  /** The extension's own functions and policies are in `_timescaledb_functions`. */
  ['functionsInOwnSchema', '2.12.0'],

  // Hypertables, chunks and continuous aggregates.
  /** Continuous aggregates and compressed data have hypertables, which the report's counter leaves out. */
  ['internalHypertables', '1.5.0'],
  /** `hypertable.compression_state` in place of `compressed`; distributed hypertables. */
  ['compressionState', '2.0.0'],
  /** Multi-node: `hypertable.replication_factor`, `chunk_data_node` and the metadata key `dist_uuid`. */
  ['distributedHypertables', ['2.0.0', '2.14.0']],
  /** The report has `relations`, and its figures are numbers. */
  ['relations', '2.6.0'],
  /** The report counts finalized continuous aggregates. */
  ['finalizedAggregates', '2.7.0'],
  /** `continuous_agg.finalized`; from 2.25.0 on all are finalized. */
  ['finalizedColumn', ['2.7.0', '2.25.0']],
  /** `continuous_agg.parent_mat_hypertable_id`. */
  ['nestedAggregates', '2.9.0'],
  /** `compression_chunk_size` has one row per chunk. */
  ['uniqueChunkSizes', '2.9.0'],
  /** `compression_chunk_size.numrows_frozen_immediately`. */
  ['frozenRows', '2.13.0'],
  /** `_timescaledb_internal.job_errors` is a table among the chunks. */
  ['jobErrorsTable', ['2.9.0', '2.15.0']],
  /** `_timescaledb_internal.bgw_job_stat_history` is a table among the chunks. */
  ['jobHistoryTable', '2.15.0'],
  /** `chunk.relid`, `compression_settings.compress_relid`, and bit 4 of `hypertable.status` for compression. */
  ['chunkRelid', '2.29.0'],

  // Settings.
  /** `timescaledb.license` names one of two licenses; before, there were three, a key and functions. */
  ['licenseSetting', '2.0.0'],
  /** timescaledb-tune is reported from `last_tune_time` and `last_tune_version`, and not from `last_tuned…`. */
  ['renamedTuneSettings', '2.25.0'],
] as const satisfies readonly (readonly [name: string, span: Span])[];

export type Capability = (typeof CAPABILITIES)[number][0];

function isIn(span: Span, release: string): boolean {
  const [since, before] = typeof span === 'string' ? [span] : span;
  return gte(release, since) && (before === undefined || !gte(release, before));
}

/** Returns the capabilities of the catalogs and of the reporter of a release. */
export function capabilitiesOf(release: string): ReadonlySet<Capability> {
  return new Set(CAPABILITIES.filter(([, span]) => isIn(span, release)).map(([name]) => name));
}
