import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseTarget } from '../../../lib/config/target.ts';
import { decideConsent } from '../../../lib/consent/decide-consent.ts';
import type { ReadOptions } from '../../../lib/run/database-reader.ts';
import { decideDueTick } from '../../../lib/run/decisions.ts';
import type { FailedAnswer, ReadAnswer } from '../../../lib/worker/contract/answer.ts';
import { VERSIONS } from '../../../lib/worker/contract/version.ts';
import { aServer } from '../../support/timescaledb/facts.ts';

export const TARGET_TEXT = JSON.stringify({ name: 'orders', environment: 'prod', secretId: 's' });
export const TARGET = parseTarget({ TARGET: TARGET_TEXT });

/** A report that the server of FACTS could make. */
export const REPORT_TEXT = readFileSync(
  join(import.meta.dirname, '..', '..', '..', 'docs', 'examples', '2.28.3.json'),
  'utf8',
);

export const FACTS = aServer({ installedVersion: '2.28.3', availableVersion: '2.28.3' });

/** A tick at which the job of FACTS is due. */
export const TICK = '2026-11-22T22:40:00Z';
const OPTIONS: ReadOptions = { time: Date.parse(TICK), report: 'when-due' };

/** Returns the report of an answer, with the hash and the size of its text. */
export function reportOf(text: string): NonNullable<ReadAnswer['report']> {
  const body = Buffer.from(text);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { text, sha256, bytes: body.byteLength, source: 'catalog', estimatedRelations: 0 };
}

/** Returns the answer of an honest worker. */
export async function readAnswer(facts = FACTS): Promise<ReadAnswer> {
  const { granted, level, rule } = decideConsent(facts, TARGET);
  const { isDue } = await decideDueTick(facts, OPTIONS, TARGET);
  return {
    ...VERSIONS,
    kind: 'read',
    facts,
    consent: { granted, level, rule },
    due: { isDue },
    report: granted && isDue ? reportOf(REPORT_TEXT) : null,
    durationMs: { connection: 5, database: 20, total: 27 },
  };
}

/** Returns an answer with an error. */
export function failedAnswer(changes: Partial<FailedAnswer> = {}): FailedAnswer {
  return {
    ...VERSIONS,
    kind: 'error',
    error: {
      code: 'DATABASE_UNREACHABLE',
      origin: 'ECONNREFUSED',
      retryable: true,
      message: 'No server accepts connections.',
      remedy: 'Check host and port.',
    },
    durationMs: { connection: 5, total: 6 },
    ...changes,
  };
}
