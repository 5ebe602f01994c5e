import * as z from 'zod/mini';

/**
 * Schemas of the functions' results, as far as the commands show them. Names of rules, decisions, verdicts, stages and states
 * may be any text, since the deployed function may be of another version.
 */

const texts = z.readonly(z.array(z.string()));
const text = z.optional(z.string());
const number = z.optional(z.number());

function isJson(candidate: string): boolean {
  try {
    JSON.parse(candidate);
    return true;
  } catch {
    return false;
  }
}

const decisionSchema = z.object({
  granted: z.boolean(),
  rule: z.string(),
  sentence: z.string(),
  remedy: text,
});
export type DecisionReply = z.infer<typeof decisionSchema>;

const ruleSchema = z.object({
  rule: z.string(),
  decision: z.string(),
  sentence: z.string(),
  remedy: text,
});
export type RuleReply = z.infer<typeof ruleSchema>;

const jobsSchema = z.object({
  scheduled: z.number(),
  failing: z.number(),
  oldestFailure: z.nullable(z.string()),
});
export type JobsReply = z.infer<typeof jobsSchema>;

const sourceSchema = z.enum(['catalog', 'function']);

/** The verdict of the version check. */
const versionSchema = z.object({
  installed: z.string(),
  available: z.nullable(z.string()),
  reachable: text,
  fix: text,
  latest: text,
  verdicts: texts,
  advisories: z.optional(texts),
  sentence: z.string(),
});
export type VersionReply = z.infer<typeof versionSchema>;

/** The result of `get-report`. A version before 0.2.0 has no verdict in it. */
export const previewSchema = z.object({
  installedVersion: z.string(),
  postgresqlVersion: z.string(),
  consent: z.object({
    ...decisionSchema.shape,
    warnings: texts,
    rules: z.readonly(z.array(ruleSchema)),
    levels: z.readonly(
      z.array(
        z.object({
          level: z.string(),
          where: z.string(),
          holder: text,
          isInvalid: z.optional(z.boolean()),
        }),
      ),
    ),
  }),
  nextDue: z.nullable(z.string()),
  notes: texts,
  jobs: z.optional(z.nullable(jobsSchema)),
  report: z.nullable(z.string().check(z.refine(isJson, 'must be JSON'))),
  sha256: z.nullable(z.string()),
  bytes: z.nullable(z.number()),
  source: z.nullable(sourceSchema),
  version: z.optional(versionSchema),
});
export type PreviewReply = z.infer<typeof previewSchema>;

/** The part of the result that `--json` prints. */
export const bareReportSchema = z.object({
  report: z.nullable(z.string()),
  consent: z.object({ sentence: z.string(), remedy: text }),
});
export type BareReportReply = z.infer<typeof bareReportSchema>;

const stageSchema = z.object({
  stage: z.string(),
  status: z.string(),
  ms: number,
  detail: text,
  code: text,
  remedy: text,
});
export type StageReply = z.infer<typeof stageSchema>;

/** The result of a check by `send-report` or `get-report`. */
export const checkSchema = z.object({
  ok: z.boolean(),
  sentence: z.string(),
  consent: z.nullable(z.object({ granted: z.boolean() })),
  stages: z.readonly(z.array(stageSchema)),
  version: z.optional(versionSchema),
});
export type CheckReply = z.infer<typeof checkSchema>;

/** The part of the result that decides the exit status. */
export const checkStatusSchema = z.pick(checkSchema, { ok: true, consent: true });
export type CheckStatusReply = z.infer<typeof checkStatusSchema>;

/** The result of a run of `send-report`. */
export const outcomeSchema = z.object({
  outcome: z.enum(['sent', 'checked', 'skipped', 'failed', 'shown']),
  message: z.string(),
  database: text,
  hint: text,
  remedy: text,
  consent: z.optional(decisionSchema),
  warnings: z.optional(texts),
  notes: z.optional(texts),
  jobs: z.optional(jobsSchema),
  report: z.optional(z.object({ source: sourceSchema, bytes: z.number(), sha256: z.string() })),
  receipt: z.optional(z.object({ endpoint: z.string(), status: z.number() })),
  version: z.optional(versionSchema),
  retry: z.optional(z.object({ attempt: z.number(), at: z.string() })),
  error: z.optional(z.object({ code: z.string(), origin: text })),
  durationMs: z.object({ credentials: number, worker: number, database: number, delivery: number }),
});
export type OutcomeReply = z.infer<typeof outcomeSchema>;

/** The part of the result that decides the exit status. */
export const outcomeStatusSchema = z.pick(outcomeSchema, { outcome: true });
export type OutcomeStatusReply = z.infer<typeof outcomeStatusSchema>;

/** The result of `configure`. */
export const configuredSchema = z.object({
  dryRun: z.boolean(),
  statements: texts,
  notes: texts,
  consent: z.object({ before: decisionSchema, after: z.nullable(decisionSchema) }),
});
export type ConfiguredReply = z.infer<typeof configuredSchema>;
