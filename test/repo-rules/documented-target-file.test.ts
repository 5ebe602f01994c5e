import { expect, test } from 'vitest';
import type { Target } from '../../lib/config/target.ts';
import { namesInTables } from '../support/repo/pages.ts';
import { readPage, section } from './page-sections.ts';

test('docs/outside-lambda.md has every key of a target file, and no other', () => {
  const ofTarget: Readonly<Record<Exclude<keyof Target, 'tls' | 'versionData'>, true>> = {
    name: true,
    environment: true,
    secretId: true,
    host: true,
    port: true,
    database: true,
    levelWhenUnset: true,
    reportSource: true,
    sizes: true,
    tickHours: true,
  };
  const keys = [
    ...Object.keys(ofTarget),
    ...['tls.mode', 'tls.caFile', 'tls.serverName'],
    ...['credentialsFile', 'delivery', 'record'],
  ];
  const named = namesInTables(section(readPage('outside-lambda'), 'The target file'));
  expect(named.toSorted()).toEqual(keys.toSorted());
});
