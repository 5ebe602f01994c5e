import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';
import { expect, inject, test, vi } from 'vitest';
import { knownSecrets, leaksIn } from '../support/process/secrets.ts';
import { watchOutput } from '../support/process/watch-output.ts';

/** Not remembered, so that it may come out here. */
const OURS = 'a "secret" of/this:file';

const { private: KEY } = await generate([{ name: 'commonName', value: 'any' }]);

/** Writes the secret in two pieces, so that no chunk holds it whole. */
const IN_PIECES = `
  const [secret] = process.argv.slice(1);
  process.STREAM.write('before ' + secret.slice(0, 5));
  setTimeout(() => process.STREAM.write(secret.slice(5) + ' after\\n'), 300);`;

test.each(['stdout', 'stderr'] as const)(
  'a secret in the %s of a child is seen, and nothing taken from it',
  async (name) => {
    const watch = watchOutput();
    const child = spawn(process.execPath, ['-e', IN_PIECES.replaceAll('STREAM', name), OURS]);
    // Whoever begins to read it late misses nothing.
    await sleep(150);
    const output = await text(child[name]);
    watch.stop();
    expect(output).toBe(`before ${OURS} after\n`);
    expect(leaksIn(watch.output(), [OURS])).toStrictEqual([`before ${OURS} after`]);
  },
);

test('a secret in what execFile gives is seen', async () => {
  const watch = watchOutput();
  const { stdout } = await promisify(execFile)('echo', [OURS]);
  watch.stop();
  expect(stdout).toBe(`${OURS}\n`);
  expect(leaksIn(watch.output(), [OURS])).toHaveLength(1);
});

test('a secret in a message to the process that plays Lambda is seen', async () => {
  const watch = watchOutput();
  const file = join(inject('folder'), 'tells.mjs');
  await writeFile(file, 'process.send({ error: { message: process.argv[2] } })');
  const child = fork(file, [OURS]);
  const [message] = await once(child, 'message');
  await once(child, 'close');
  watch.stop();
  expect(message).toStrictEqual({ error: { message: OURS } });
  expect(leaksIn(watch.output(), [OURS])).toHaveLength(1);
});

test.each([
  ['process.stdout', process.stdout, 'write'],
  ['process.stderr', process.stderr, 'write'],
  ['the console', console, 'error'],
] as const)('a secret that goes to %s of the test itself is seen', (_, whom, name) => {
  const written = vi.fn(() => true);
  const original: unknown = Reflect.get(whom, name);
  Object.assign(whom, { [name]: written });
  try {
    const watch = watchOutput();
    Reflect.apply(Reflect.get(whom, name), whom, [OURS]);
    watch.stop();
    Reflect.apply(Reflect.get(whom, name), whom, ['heard by nobody']);
    expect(leaksIn(watch.output(), [OURS])).toHaveLength(1);
    expect(watch.output()).not.toContain('nobody');
  } finally {
    Object.assign(whom, { [name]: original });
  }
  expect(written.mock.calls).toStrictEqual([[OURS], ['heard by nobody']]);
});

test.each([
  ['as it is', OURS],
  ['in JSON', JSON.stringify({ password: OURS })],
  ['in a URL', `postgres://user:${encodeURIComponent(OURS)}@host/`],
  ['in base64', Buffer.from(OURS).toString('base64')],
])('a secret is seen %s', (_, output) => {
  expect(leaksIn(`a line\n${output}\n`, [OURS])).toStrictEqual([output]);
});

test('a line of a private key is seen', () => {
  const [, , line = ''] = KEY.split('\n');
  expect(leaksIn(`... ${line} ...`, [KEY])).toHaveLength(1);
  expect(leaksIn('-----BEGIN PRIVATE KEY-----', [KEY])).toStrictEqual([]);
});

test('what is too short to be recognised is not looked for', () => {
  expect(leaksIn('any line', ['any', ''])).toStrictEqual([]);
});

test("the server's private key and the superuser's password are watched for in every file", () => {
  const secrets = inject('secrets');
  expect(secrets.filter((one) => one.includes('PRIVATE KEY'))).toHaveLength(1);
  expect(secrets).toContain('superuser-of-the-tests');
  expect(knownSecrets()).toEqual(
    expect.arrayContaining([...secrets, 'secret-access-key-without-rights']),
  );
});
