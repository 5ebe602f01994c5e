import { afterAll, expect, inject } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { leaksIn, secret } from '../process/secrets.ts';
import { watchOutput } from '../process/watch-output.ts';

/**
 * Loaded before each test file, whatever it tests: when the file is done, nothing that its process or a child of it has
 * written may hold a secret that the tests have made, be it on stdout, on stderr, or as a message to the process that
 * plays Lambda.
 */
const watch = watchOutput();
for (const text of inject('secrets')) secret(text);
secret(LOCAL_CREDENTIALS.AWS_SECRET_ACCESS_KEY);
secret(LOCAL_CREDENTIALS.AWS_SESSION_TOKEN);

afterAll(() => {
  watch.stop();
  expect(leaksIn(watch.output()), 'lines that tell a secret').toStrictEqual([]);
});
