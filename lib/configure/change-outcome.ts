import type { Target } from '../config/target.ts';
import type { Consent } from '../consent/decide-consent.ts';
import { type ErrorFields, type RunError, toErrorFields } from '../errors.ts';
import type { Durations } from '../run/deadline.ts';
import type { Line } from '../run/outcome.ts';
import type { Change } from './event.ts';
import type { ChangeParts } from './run-change.ts';

/** The result of a change, or of its dry run. */
export interface Configured {
  /** The target's name. */
  readonly database: string;
  readonly environment: string;
  readonly action: Change['action'];
  readonly dryRun: boolean;
  /** The exact statements, in the order in which they run. */
  readonly statements: readonly string[];
  readonly notes: readonly string[];
  readonly consent: {
    readonly before: Consent;
    /** Null after a dry run. */
    readonly after: Consent | null;
  };
}

/** The summary line of a change. It contains no names of roles or databases. */
export interface ConfigureLine extends Line {
  readonly outcome: 'changed' | 'planned' | 'failed';
  readonly environment?: string;
  readonly database?: string;
  readonly action?: Change['action'];
  readonly scope?: Change['scope']['kind'];
  readonly statements?: readonly string[];
  readonly notes?: readonly string[];
  readonly consent?: Readonly<
    Record<
      'before' | 'after',
      Pick<Consent, 'granted' | 'level' | 'rule' | 'where' | 'holder'> | null
    >
  >;
  readonly remedy?: string;
  readonly error?: ErrorFields;
  readonly durationMs: Durations;
}

/** The state of one change so far. */
export interface ChangeRecord extends Omit<ChangeParts, 'facts' | 'factsAfter'> {
  readonly target?: Target;
  readonly change?: Change;
  readonly before?: Consent;
  readonly after?: Consent;
  readonly versionNotes?: readonly string[];
}

/** Explains a consent that differs from the change: another place can have a stricter or a looser level. */
function notesOnConsent({ action, scope }: Change, after: Consent): readonly string[] {
  if (action === 'enable' && !after.granted) {
    return [`Telemetry is still denied. ${after.sentence} ${after.remedy ?? ''}`.trim()];
  }
  if (action === 'disable' && after.granted) {
    const help = scope.kind === 'instance' ? ' Use the scope "database" too.' : '';
    return [`Telemetry of this database is still on. ${after.sentence}${help}`];
  }
  return [];
}

/** Returns all notes, in the order of the change. */
function notesOf({ change, plan, versionNotes, applyNotes, after }: ChangeRecord): string[] {
  return [
    ...(plan?.notes ?? []),
    ...(versionNotes ?? []),
    ...(applyNotes ?? []),
    ...(change !== undefined && after !== undefined ? notesOnConsent(change, after) : []),
  ];
}

/** Makes the result of a change that is complete. Pure. */
export function toConfigured(record: ChangeRecord): Configured | undefined {
  const { target, change, plan, before, after = null } = record;
  if (target === undefined || change === undefined) return undefined;
  if (plan === undefined || before === undefined) return undefined;
  return {
    database: target.name,
    environment: target.environment,
    action: change.action,
    dryRun: change.dryRun,
    statements: plan.statements.map(({ sql }) => sql),
    notes: notesOf(record),
    consent: { before, after },
  };
}

function messageOf({ change, after }: ChangeRecord): string {
  if (change === undefined) return '';
  if (change.dryRun) return 'Dry run: nothing was changed.';
  const isOn = change.action === 'enable';
  if (after !== undefined && after.granted !== isOn) {
    return `The change was made, but telemetry is still ${isOn ? 'off' : 'on'}. ${after.sentence}`;
  }
  return `Telemetry was turned ${isOn ? 'on' : 'off'}. ${after?.sentence ?? ''}`.trim();
}

function summaryOf(consent: Consent | undefined) {
  if (consent === undefined) return null;
  const { granted, level, rule, where, holder } = consent;
  return { granted, level, rule, where, ...(holder !== undefined && { holder }) };
}

/** Makes the summary line of a change. Pure. */
export function toLine(
  record: ChangeRecord,
  durationMs: Durations,
  error: RunError | undefined,
): ConfigureLine {
  const { target, change, plan, before, after } = record;
  const notes = notesOf(record);
  const common = {
    ...(target && { environment: target.environment, database: target.name }),
    ...(change && { action: change.action, scope: change.scope.kind }),
    ...(plan && { statements: plan.statements.map(({ title }) => title) }),
    ...(notes.length > 0 && { notes }),
    ...(before && { consent: { before: summaryOf(before), after: summaryOf(after) } }),
    durationMs,
  };
  if (error !== undefined) {
    const { message, remedy } = error;
    return {
      outcome: 'failed',
      severity: 'ERROR',
      message,
      ...common,
      remedy,
      error: toErrorFields(error),
    };
  }
  return {
    outcome: change?.dryRun ? 'planned' : 'changed',
    severity: 'INFO',
    message: messageOf(record),
    ...common,
  };
}
