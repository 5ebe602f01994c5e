import { configure } from '../lib/configure/configure.ts';
import { createSecretReaders } from '../lib/credentials/secrets-manager.ts';
import { createLog } from '../lib/observability/logger.ts';
import { chooseChanger } from '../lib/worker/choose-changer.ts';
import { createHandler } from './create-handler.ts';

const secretsOf = createSecretReaders();
const changer = chooseChanger(process.env);

/** Invoked by hand, with an administrator's secret: turns the telemetry of one target on or off. */
export const handler = createHandler({
  log: createLog(),
  run: (event, invocation) => configure(event, process.env, { ...invocation, secretsOf, changer }),
});
