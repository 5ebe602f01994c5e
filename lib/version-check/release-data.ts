import * as z from 'zod/mini';

/** Version data that is older than this number of days may lack releases and advisories. */
export const STALE_AFTER_DAYS = 60;

const text = z.string();

const incompatibilitySchema = z.object({
  /** Affected versions of each product, in semver's syntax. */
  timescaledb: text,
  postgresql: text,
  /** `jobs-broken`: every scheduled job fails; `unsupported`: excluded by the release notes; `unknown`: not known to work. */
  effect: z.enum(['jobs-broken', 'unsupported', 'unknown']),
  summary: text,
  /** First fixed release of each branch. */
  fixed: z.array(text),
});

const advisorySchema = z.object({
  id: text,
  summary: z.optional(text),
  /** Affected versions, in semver's syntax. */
  affected: text,
  /** First fixed release of each branch. */
  fixed: z.array(text),
});

/** Schema of {@link ReleaseData}. */
export const releaseDataSchema = z.object({
  // Not z.iso.date(), which adds 2 kB to the start of every function.
  asOf: z.string().check(z.regex(/^\d{4}-\d{2}-\d{2}$/)),
  releases: z.array(z.object({ versions: z.array(text), postgresql: z.array(text) })),
  announced: z.array(text),
  incompatibilities: z.array(incompatibilitySchema),
  failedUpdates: z.array(z.object({ to: text, summary: text, fixed: text })),
  advisories: z.array(advisorySchema),
  securityFixes: z.array(z.object({ release: text, summary: text })),
});

/**
 * What the version check knows of TimescaleDB's releases: `data/timescaledb.json` without sources and dates.
 *
 * @property asOf day of the last comparison with the sources, `YYYY-MM-DD`
 * @property releases releases in ascending order, grouped by the PostgreSQL majors that they support
 * @property announced releases that are named in the notes of others, but not known to be published
 * @property failedUpdates releases whose update script can fail
 * @property securityFixes releases with security fixes for which no advisory was published
 */
export type ReleaseData = z.infer<typeof releaseDataSchema>;
export type Incompatibility = z.infer<typeof incompatibilitySchema>;
export type Advisory = z.infer<typeof advisorySchema>;
