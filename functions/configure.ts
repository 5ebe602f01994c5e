import { configure } from '../lib/configure/configure.ts';
import { inProcessChanger as changer } from '../lib/configure/database-changer.ts';
import { createSecretReaders } from '../lib/credentials/secrets-manager.ts';
import { createHandler } from './create-handler.ts';

const secretsOf = createSecretReaders();

/** Invoked by hand, with an administrator's secret: turns the telemetry of one target on or off. */
export const handler = createHandler({
  run: (event, invocation) => configure(event, process.env, { ...invocation, secretsOf, changer }),
});
