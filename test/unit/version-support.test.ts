import { expect, test } from 'vitest';
import { advisoriesFor } from '../../lib/version-support.ts';

const ENDPOINT = 'GHSA-hcfx-29v5-2rcw';
const SECOND = 'GHSA-vgp2-jj5c-828m';
const SEARCH_PATH = 'GHSA-44jh-j22r-33wq';
const OLDEST = 'CVE-2022-24128';

test.each([
  ['2.30.0', []],
  ['2.29.1', []],
  ['2.29.1-rc1', [ENDPOINT]],
  ['2.29.0', [ENDPOINT]],
  ['2.25.2', [ENDPOINT]],
  ['2.25.1', [ENDPOINT, SECOND]],
  ['2.9.3', [ENDPOINT, SECOND]],
  ['2.9.2', [ENDPOINT, SECOND, SEARCH_PATH]],
  ['2.8.0', [ENDPOINT, SECOND, SEARCH_PATH]],
  ['2.7.2', [ENDPOINT, SECOND]],
  ['2.5.2', [ENDPOINT, SECOND]],
  ['2.5.1', [ENDPOINT, SECOND, OLDEST]],
  ['1.7.5', [ENDPOINT, SECOND, OLDEST]],
  ['2.23.0-dev', [ENDPOINT, SECOND]],
  ['2.27.0-p0', [ENDPOINT]],
  ['no version', []],
])('the advisories that cover %s are %j', (version, ids) => {
  expect(advisoriesFor(version).map(({ id }) => id)).toEqual(ids);
});
