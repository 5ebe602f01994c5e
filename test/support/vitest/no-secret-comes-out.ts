import { afterAll, expect, inject } from 'vitest';
import { LOCAL_CREDENTIALS } from '../../../emulator/lambda/invoke.ts';
import { disposeSharedWorker } from '../lambda/worker.ts';
import { leaksIn, secret } from '../process/secrets.ts';
import { watchOutput } from '../process/watch-output.ts';

/**
 * Loaded before each test file: checks after its last test that the output of this process and its children contains no
 * secret of the tests. The output is stdout, stderr and the messages to the emulated Lambda.
 */
const watch = watchOutput();
for (const text of inject('secrets')) secret(text);
secret(LOCAL_CREDENTIALS.AWS_SECRET_ACCESS_KEY);
secret(LOCAL_CREDENTIALS.AWS_SESSION_TOKEN);

afterAll(async () => {
  await disposeSharedWorker();
  watch.stop();
  expect(leaksIn(watch.output()), 'lines that contain a secret').toStrictEqual([]);
});
