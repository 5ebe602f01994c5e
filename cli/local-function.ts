import { type TargetChoices, targetText } from '../emulator/run-send-report.ts';
import type { Credentials } from '../lib/credentials/parse-secret.ts';
import { inProcessReader } from '../lib/run/read-database.ts';

const LIMIT_MS = 100_000;

/** The environment and the dependencies of a function that reads the caller's database. */
export function functionFor(
  target: TargetChoices,
  credentials: Credentials,
  latestVersion?: string,
) {
  return [
    { ...process.env, WORKER: '', TARGET: targetText(target) },
    {
      secretsOf: () => ({ read: async () => credentials }),
      limitMs: LIMIT_MS,
      now: Date.now,
      reader: inProcessReader,
      latestVersion,
    },
  ] as const;
}
