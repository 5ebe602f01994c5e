import type { VersionData } from '../../../data/version-data.ts';

type Release = VersionData['releases'][number];

export function aRelease(version: string, parts: Partial<Release> = {}): Release {
  return { version, date: '2026-01-01', postgresql: ['17', '18'], ...parts };
}

export const SOURCE = 'https://example.com/source';

/** Valid version data with one entry of each kind; `parts` replaces some of it. */
export function someVersionData(parts: Partial<VersionData> = {}): VersionData {
  return {
    asOf: '2026-06-01',
    releases: ['2.0.0', '2.0.1', '2.1.0', '2.1.1'].map((version) => aRelease(version)),
    incompatibilities: [
      {
        id: 'jobs',
        timescaledb: '<2.0.1 || >=2.1.0 <2.1.1',
        postgresql: '>=17.12 <18 || >=18.7 <19',
        effect: 'jobs-broken',
        summary: 'jobs fail',
        fixed: ['2.0.1', '2.1.1'],
        source: SOURCE,
      },
    ],
    failedUpdates: [{ to: '2.0.0', summary: 'the update fails', fixed: '2.0.1', source: SOURCE }],
    advisories: [anAdvisory()],
    notes: [{ kind: 'security-fixes', release: '2.1.0', summary: 'fixes', source: SOURCE }],
    ...parts,
  };
}

type Advisory = VersionData['advisories'][number];
type Events = Advisory['affected'][number]['ranges'][number]['events'];

/** An advisory with the events of each of its ranges. */
export function anAdvisory(parts: Partial<Advisory> = {}, ...ranges: readonly Events[]): Advisory {
  const all = ranges.length > 0 ? ranges : [[{ introduced: '0' as const }, { fixed: '2.0.1' }]];
  return {
    id: 'GHSA-aaaa-bbbb-cccc',
    affected: [{ ranges: all.map((events) => ({ type: 'SEMVER', events })) }],
    references: [{ type: 'ADVISORY', url: SOURCE }],
    ...parts,
  };
}
