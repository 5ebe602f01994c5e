import { RegionInfo } from 'aws-cdk-lib/region-info';
import { expect, test } from 'vitest';
import { suffixOf } from '../../../lib/aws/addresses.ts';
import { urlOf } from '../../../lib/record/put-object.ts';

test('services have the domain suffix of the partition of their region', () => {
  for (const { name, domainSuffix } of RegionInfo.regions) {
    expect([name, suffixOf(name)]).toEqual([name, domainSuffix ?? 'amazonaws.com']);
  }
});

test.each([
  ['eusc-de-east-1', 'https://records.s3.eusc-de-east-1.amazonaws.eu/a/b'],
  ['us-iso-east-1', 'https://records.s3.us-iso-east-1.c2s.ic.gov/a/b'],
  ['us-isob-east-1', 'https://records.s3.us-isob-east-1.sc2s.sgov.gov/a/b'],
  ['cn-north-1', 'https://records.s3.cn-north-1.amazonaws.com.cn/a/b'],
])('a bucket in %s has the host of its partition', (region, url) => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  expect(urlOf({ bucket: 'records', region, credentials }, 'a/b').href).toBe(url);
});
