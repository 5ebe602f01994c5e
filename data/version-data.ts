import { z } from 'zod';

const DATE = z.iso.date('must be a date such as 2026-11-17');

/** A version of a published release: `2.28.5`. */
const release = z
  .string()
  .regex(/^(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){2}$/, 'must be a release such as 2.28.5');

/** A major version of PostgreSQL: `9.6`, `17`. */
const major = z.string().regex(/^(9\.\d|\d{2})$/, 'must be a major version such as 9.6 or 17');

const source = z
  .url({ protocol: /^https$/, error: 'must be the https:// address of a public page' })
  .describe('Public page of the fact.');

/** Ranges in semver's syntax; a version of PostgreSQL has two parts: `>=15.20 <16 || >=16.16 <17`. */
const range = z.string().regex(/\S/, 'must be a range of versions such as >=15.20 <16');

const releaseSchema = z.strictObject({
  version: release,
  date: DATE.optional().describe('Day of publication; absent where it is not known.'),
  postgresql: z.array(major).min(1).describe('Major versions that the release supports.'),
  announced: z
    .literal(true)
    .optional()
    .describe('Named in the notes of another release, but not known to be published.'),
  source: source.optional().describe('Absent for entries that `versions:update` maintains.'),
});

/** Effects of a pair of versions. */
const EFFECTS = ['jobs-broken', 'unsupported', 'unknown'] as const;

const incompatibilitySchema = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]+$/),
    timescaledb: range.describe('Affected TimescaleDB versions.'),
    postgresql: range.describe('Affected PostgreSQL versions.'),
    effect: z
      .enum(EFFECTS)
      .describe(
        '`jobs-broken`: every scheduled job fails. `unsupported`: the release notes exclude the pair. `unknown`: not known to work.',
      ),
    summary: z.string().min(1).describe('A sentence without its full stop, about the pair.'),
    fixed: z.array(release).describe('First fixed release of each branch.'),
    source,
  })
  .describe('TimescaleDB and PostgreSQL versions that do not work together.');

const failedUpdateSchema = z.strictObject({
  to: release.describe('The release whose update script can fail.'),
  summary: z.string().min(1),
  fixed: release,
  source,
});

/** An advisory in the format of OSV (https://ossf.github.io/osv-schema/), as far as it is known. */
const advisorySchema = z.strictObject({
  id: z.string().regex(/^(GHSA|CVE)-[0-9a-zA-Z-]+$/),
  aliases: z.array(z.string()).optional(),
  summary: z.string().min(1).optional(),
  severity: z.array(z.strictObject({ type: z.string(), score: z.string() })).optional(),
  affected: z
    .array(
      z.strictObject({
        ranges: z
          .array(
            z.strictObject({
              type: z.literal('SEMVER'),
              events: z
                .array(
                  z.union([
                    z.strictObject({ introduced: z.union([z.literal('0'), release]) }),
                    z.strictObject({ fixed: release }),
                  ]),
                )
                .min(2),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
  references: z.array(z.strictObject({ type: z.string(), url: source })).min(1),
});

const noteSchema = z.strictObject({
  kind: z.literal('security-fixes').describe('Security fixes for which no advisory was published.'),
  release,
  summary: z.string().min(1),
  source,
});

/** What is known of TimescaleDB's releases: the content of `data/timescaledb.json`, and of an operator's own file. */
export const versionDataSchema = z
  .strictObject({
    $schema: z.string().optional(),
    asOf: DATE.describe('Day of the last comparison with the sources.'),
    releases: z
      .array(releaseSchema)
      .min(1)
      .describe('Every release since 0.12.0, the oldest first.'),
    incompatibilities: z.array(incompatibilitySchema),
    failedUpdates: z.array(failedUpdateSchema),
    advisories: z.array(advisorySchema),
    notes: z.array(noteSchema),
  })
  .meta({ title: 'Releases of TimescaleDB' });

export type VersionData = z.infer<typeof versionDataSchema>;
