import { parseVersionData } from '../../../data/check-version-data.ts';
import { toReleaseData } from '../../../data/release-data.ts';
import type { ReleaseData } from '../../../lib/version-check/release-data.ts';
import file from '../../fixtures/version-data/2026-11-28.json' with { type: 'json' };

/** Day of the test's version data. */
export const DATA_DAY = '2026-11-28';

/** Version data that does not change with `data/timescaledb.json`, so that a new release changes no verdict of a test. */
export const RELEASES: ReleaseData = toReleaseData(parseVersionData(file));

/** What a verdict is based on: the test's data, one day after its date. */
export const KNOWLEDGE = { data: RELEASES, now: Date.parse('2026-11-29T00:00:00Z') } as const;
