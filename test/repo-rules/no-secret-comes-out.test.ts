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

/** Not registered as a secret, because this test prints it. */
const OURS = 'a "secret" of/this:file';

const { private: KEY } = await generate([{ name: 'commonName', value: 'any' }]);

/** Writes the secret in two pieces, so that no chunk contains all of it. */
const IN_PIECES = `
  const [secret] = process.argv.slice(1);
  process.STREAM.write('before ' + secret.slice(0, 5));
  setTimeout(() => process.STREAM.write(secret.slice(5) + ' after\\n'), 300);`;

test.each(['stdout', 'stderr'] as const)(
  'detects a secret in the %s of a child process, whose output stays complete',
  async (name) => {
    const watch = watchOutput();
    const child = spawn(process.execPath, ['-e', IN_PIECES.replaceAll('STREAM', name), OURS]);
    // A reader that starts late receives all output.
    await sleep(150);
    const output = await text(child[name]);
    watch.stop();
    expect(output).toBe(`before ${OURS} after\n`);
    expect(leaksIn(watch.output(), [OURS])).toStrictEqual([`before ${OURS} after`]);
  },
);

test('detects a secret in the output of execFile', async () => {
  const watch = watchOutput();
  const { stdout } = await promisify(execFile)('echo', [OURS]);
  watch.stop();
  expect(stdout).toBe(`${OURS}\n`);
  expect(leaksIn(watch.output(), [OURS])).toHaveLength(1);
});

test('detects a secret in a message to the process that simulates Lambda', async () => {
  const watch = watchOutput();
  const file = join(inject('folder'), 'send-message.mjs');
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
] as const)('detects a secret that the test itself writes to %s', (_, target, name) => {
  const written = vi.fn(() => true);
  const original: unknown = Reflect.get(target, name);
  Object.assign(target, { [name]: written });
  try {
    const watch = watchOutput();
    Reflect.apply(Reflect.get(target, name), target, [OURS]);
    watch.stop();
    Reflect.apply(Reflect.get(target, name), target, ['written after the watch']);
    expect(leaksIn(watch.output(), [OURS])).toHaveLength(1);
    expect(watch.output()).not.toContain('written after the watch');
  } finally {
    Object.assign(target, { [name]: original });
  }
  expect(written.mock.calls).toStrictEqual([[OURS], ['written after the watch']]);
});

test.each([
  ['unchanged', OURS],
  ['in JSON', JSON.stringify({ password: OURS })],
  ['in a URL', `postgres://user:${encodeURIComponent(OURS)}@host/`],
  ['in base64', Buffer.from(OURS).toString('base64')],
])('detects a secret %s', (_, output) => {
  expect(leaksIn(`a line\n${output}\n`, [OURS])).toStrictEqual([output]);
});

test('detects a line of a private key', () => {
  const [, , line = ''] = KEY.split('\n');
  expect(leaksIn(`... ${line} ...`, [KEY])).toHaveLength(1);
  expect(leaksIn('-----BEGIN PRIVATE KEY-----', [KEY])).toStrictEqual([]);
});

test('ignores secrets that are too short to be recognised', () => {
  expect(leaksIn('any line', ['any', ''])).toStrictEqual([]);
});

test("every test file watches for the server's private key and the superuser's password", () => {
  const secrets = inject('secrets');
  expect(secrets.filter((one) => one.includes('PRIVATE KEY'))).toHaveLength(1);
  expect(secrets).toContain('superuser-of-the-tests');
  expect(knownSecrets()).toEqual(
    expect.arrayContaining([...secrets, 'secret-access-key-without-rights']),
  );
});
