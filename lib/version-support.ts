import coerce from 'semver/functions/coerce.js';
import lt from 'semver/functions/lt.js';
import parse from 'semver/functions/parse.js';

/** A published vulnerability of TimescaleDB. */
export interface Advisory {
  readonly id: string;
  /** The first release that had it; left out where that is not certain, and then every older one counts as affected. */
  readonly since?: string;
  readonly fixed: string;
}

/** From the advisories of github.com/timescale/timescaledb and the CVE list, as of 2026-11-21. */
const ADVISORIES: readonly Advisory[] = [
  { id: 'GHSA-hcfx-29v5-2rcw', fixed: '2.29.1' },
  { id: 'GHSA-vgp2-jj5c-828m', fixed: '2.25.2' },
  { id: 'GHSA-44jh-j22r-33wq', since: '2.8.0', fixed: '2.9.3' },
  { id: 'CVE-2022-24128', fixed: '2.5.2' },
];

/** The advisories that cover a version; none for a text that is no version. Pure. */
export function advisoriesFor(installed: string): readonly Advisory[] {
  const version = parse(installed, { loose: true }) ?? coerce(installed);
  if (version === null) return [];
  return ADVISORIES.filter(
    ({ since = '0.0.0', fixed }) => !lt(version, since) && lt(version, fixed),
  );
}
