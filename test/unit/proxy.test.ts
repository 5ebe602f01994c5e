import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { type ProxySettings, proxyFor } from '../../lib/doctor/proxy.ts';
import { startConnectProxy } from '../support/way-out.ts';

const PROXY = 'http://proxy.example:3128';
const ENDPOINT = new URL('https://telemetry.example/v1/metrics');

test.each<[string, ProxySettings, string | undefined]>([
  ['the variables count only where Node looks at them', { HTTPS_PROXY: PROXY }, undefined],
  ['HTTPS_PROXY', { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: PROXY }, PROXY],
  [
    'lower case goes first',
    { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: 'http://other.example', https_proxy: PROXY },
    PROXY,
  ],
  ['HTTP_PROXY takes the place of none', { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: PROXY }, PROXY],
  ['nothing is set', { NODE_USE_ENV_PROXY: '1' }, undefined],
])('%s', (_what, settings, expected) => {
  expect(proxyFor(ENDPOINT, settings)?.origin).toBe(expected);
});

/** Asks for some URLs, so that the proxy sees which of them come to it. Names are looked up by nobody. */
const ASK_FETCH = `
import dns from 'node:dns';
dns.lookup = (...args) => args.at(-1)(Object.assign(new Error('nobody is asked'), { code: 'ENOTFOUND' }));
for (const url of process.argv.slice(1)) await fetch(url).catch(() => undefined);`;

const EXCEPTIONS = [
  '',
  '*',
  'example',
  '.example',
  '*.example',
  'telemetry.example',
  'TELEMETRY.example',
  'telemetry.example:443',
  'telemetry.example:8443',
  'telemetry.example:0',
  'elemetry.example',
  'other.test, telemetry.example',
  'other.test telemetry.example:443',
  'other.test,*',
  '[::1]',
  '::1',
];

test('a proxy and its exceptions are those of fetch', async () => {
  await using proxy = await startConnectProxy(403);
  const urls = [
    'https://telemetry.example',
    'https://telemetry.example:8443',
    'https://Telemetry.Example',
    'https://example',
    'https://deep.telemetry.example',
    'https://[::1]:8443',
  ];
  const settings = { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxy.url };
  const seen: string[][] = [];
  const expected: string[][] = [];
  for (const NO_PROXY of EXCEPTIONS) {
    const before = proxy.asked.length;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', ASK_FETCH, ...urls], {
      env: { ...settings, NO_PROXY },
    });
    seen.push(proxy.asked.slice(before).map(({ authority }) => authority));
    expected.push(
      urls
        .map((url) => new URL(url))
        .filter((url) => proxyFor(url, { ...settings, NO_PROXY }) !== undefined)
        .map(({ hostname, port }) => `${hostname}:${port === '' ? 443 : port}`),
    );
  }
  expect(seen).toEqual(expected);
});
