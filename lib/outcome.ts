import type { Consent } from './consent.ts';
import type { Receipt } from './delivery.ts';
import type { RunError } from './errors.ts';
import type { Facts } from './facts.ts';
import type { Report } from './report/report.ts';
import type { RunEvent } from './settings.ts';
import type { Target } from './target.ts';
import type { Verdict } from './versions.ts';

export type Phase = 'credentials' | 'database' | 'delivery';

/** What a run has learned so far; it grows from top to bottom, and whatever is there goes into the summary. */
export interface Story {
  event?: RunEvent;
  target?: Target;
  facts?: Facts;
  consent?: Consent;
  report?: Report;
  receipt?: Receipt;
  verdict?: Verdict;
  error?: RunError;
  readonly durationMs: Partial<Record<Phase | 'total', number>>;
}

export type Severity = 'INFO' | 'WARN' | 'ERROR';

/** How a run ended: the function's result, and the one summary line of its log. */
export interface Outcome {
  readonly outcome: 'sent' | 'skipped' | 'failed';
  readonly severity: Severity;
  /** The line's text: the extension's own words where it has some. */
  readonly message: string;
  readonly environment?: string;
  readonly database?: string;
  readonly scheduledTime?: string;
  readonly attempt?: number;
  readonly hint?: string;
  readonly remedy?: string;
  /** Read from a standby: the job and the identifiers are the primary's. */
  readonly standby?: true;
  readonly consent?: Pick<Consent, 'granted' | 'level' | 'rule' | 'where' | 'sentence'>;
  readonly warnings?: readonly string[];
  readonly report?: {
    readonly source: Report['source'];
    readonly bytes: number;
    readonly sha256: string;
    /** Relations whose sizes are estimates; absent when there are none. */
    readonly estimatedRelations?: number;
  };
  readonly receipt?: Receipt;
  readonly version?: {
    readonly installed: string;
    readonly available: string | null;
    readonly latest?: string;
    readonly verdicts: readonly Verdict['code'][];
  };
  readonly error?: { readonly code: string; readonly origin?: string; readonly retryable: boolean };
  readonly durationMs: Story['durationMs'];
}

/** What is no failure, and yet somebody should look at. */
function warningsOf({ facts, consent, report }: Story): readonly string[] {
  const hasNoUuid = report !== undefined && !facts?.metadataKeys.includes('uuid');
  return [
    ...(consent?.warnings ?? []),
    ...(hasNoUuid
      ? ['The database has no uuid in its metadata, so the report has no db_uuid.']
      : []),
    ...(report?.fallback !== undefined
      ? [`reportSource is function, but the report was built by plain SQL: ${report.fallback}.`]
      : []),
  ];
}

/** What goes into every outcome, as far as the run has come. */
function common(story: Story) {
  const { event, target, facts, consent, report, receipt, verdict } = story;
  const warnings = warningsOf(story);
  return {
    ...(target && { environment: target.environment, database: target.name }),
    ...(event?.scheduledTime !== undefined && { scheduledTime: event.scheduledTime }),
    ...(event?.attempt !== undefined && { attempt: event.attempt }),
    ...(facts?.standby && { standby: true as const }),
    ...(consent && {
      consent: {
        granted: consent.granted,
        level: consent.level,
        rule: consent.rule,
        where: consent.where,
        sentence: consent.sentence,
      },
    }),
    ...(warnings.length > 0 && { warnings }),
    ...(report && {
      report: {
        source: report.source,
        bytes: report.body.byteLength,
        sha256: report.sha256,
        ...(report.estimatedRelations > 0 && { estimatedRelations: report.estimatedRelations }),
      },
    }),
    ...(receipt && { receipt }),
    ...(verdict && {
      version: {
        installed: verdict.installed,
        available: verdict.available,
        ...(verdict.latest !== undefined && { latest: verdict.latest }),
        verdicts: [verdict.code],
      },
    }),
    durationMs: story.durationMs,
  };
}

function severityOf(story: Story): Severity {
  const { verdict } = story;
  const isNews = verdict?.code === 'outdated' || verdict?.code === 'unknown';
  return isNews || warningsOf(story).length > 0 ? 'WARN' : 'INFO';
}

/** The outcome of a run from its whole story. Pure. */
export function toOutcome(story: Story): Outcome {
  const { error, consent, verdict } = story;
  if (error !== undefined) {
    return {
      outcome: 'failed',
      severity: 'ERROR',
      message: error.message,
      ...common(story),
      remedy: error.remedy,
      error: {
        code: error.code,
        ...(error.origin !== undefined && { origin: error.origin }),
        retryable: error.retryable,
      },
    };
  }
  if (verdict === undefined) {
    return {
      outcome: 'skipped',
      severity: severityOf(story),
      message: consent?.sentence ?? '',
      ...common(story),
      ...(consent?.remedy !== undefined && { remedy: consent.remedy }),
    };
  }
  return {
    outcome: 'sent',
    severity: severityOf(story),
    message: verdict.message,
    ...common(story),
    ...(verdict.hint !== undefined && { hint: verdict.hint }),
  };
}
