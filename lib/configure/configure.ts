import { parseTarget, type Target, type TargetSettings } from '../config/target.ts';
import { decideConsent } from '../consent/decide-consent.ts';
import type { Durations } from '../run/deadline.ts';
import { type Ending, type RunContext, type RunDependencies, runToEnd } from '../run/run-to-end.ts';
import type { Facts } from '../timescaledb/facts.ts';
import { asPlainRole } from './as-plain-role.ts';
import {
  type ChangeRecord,
  type Configured,
  type ConfigureLine,
  toConfigured,
  toLine,
} from './change-outcome.ts';
import type { DatabaseChanger } from './database-changer.ts';
import { parseChange } from './event.ts';
import type { ChangeParts } from './run-change.ts';

export interface ConfigureDependencies extends RunDependencies {
  readonly changer: DatabaseChanger;
}

/** Names broken jobs and vulnerabilities, which a person who changes telemetry should know. */
async function notesOnVersion(
  facts: Facts,
  target: Target,
  now: number,
): Promise<readonly string[]> {
  const { checkVersion } = await import('../version-check/check-version.ts');
  const { verdict, dataWarning } = await checkVersion(facts, target, now);
  const { codes, message, advisories, installed } = verdict;
  return [
    ...(codes.includes('jobs-broken') ? [`${message}. The check says what to install.`] : []),
    ...(advisories.length > 0
      ? [
          `TimescaleDB ${installed} has a published vulnerability (${advisories.join(', ')}). The check says what to install.`,
        ]
      : []),
    ...(dataWarning === undefined ? [] : [dataWarning]),
  ];
}

/** Converts facts to the consent as a plain reporting role would see it. */
function toRecord({ facts, factsAfter, ...parts }: ChangeParts, target: Target): ChangeRecord {
  const consentOf = (found: Facts) => decideConsent(asPlainRole(found), target);
  return {
    ...parts,
    ...(facts && { before: consentOf(facts) }),
    ...(factsAfter && { after: consentOf(factsAfter) }),
  };
}

/** @param learn receives each new part of the change's record */
async function execute(
  input: unknown,
  settings: TargetSettings,
  changer: DatabaseChanger,
  context: RunContext,
  learn: (learned: ChangeRecord) => void,
): Promise<void> {
  const target = parseTarget(settings);
  learn({ target });
  const change = parseChange(input);
  learn({ change });
  let known: Facts | undefined;
  try {
    await changer.change(target, change, context, (parts) => {
      known ??= parts.facts;
      learn(toRecord(parts, target));
    });
  } finally {
    // After the transactions, which must not wait for the version data.
    if (known !== undefined) {
      learn({ versionNotes: await notesOnVersion(known, target, context.now()) });
    }
  }
}

/**
 * Turns telemetry on or off as TimescaleDB documents it for the installed release, and returns the consent before and
 * after. Never throws.
 */
export async function configure(
  input: unknown,
  settings: TargetSettings,
  { changer, ...dependencies }: ConfigureDependencies,
): Promise<Ending<ConfigureLine, Configured>> {
  const durationMs: Durations = {};
  let record: ChangeRecord = {};
  const recorder = { durationMs, emit: () => undefined };
  const { error } = await runToEnd(dependencies, recorder, (context) =>
    execute(input, settings, changer, context, (learned) => {
      record = { ...record, ...learned };
    }),
  );
  const result = error === undefined ? toConfigured(record) : undefined;
  return { line: toLine(record, durationMs, error), result, error };
}
