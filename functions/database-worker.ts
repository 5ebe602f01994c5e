import { createPlainLog } from '../lib/observability/plain-log.ts';
import { handleRequest } from '../lib/worker/handle-request.ts';
import { createHandler } from './create-handler.ts';

/**
 * Invoked by the other functions of a target whose network has no way out: reads or changes the database with the credentials
 * in the event, which is never logged. It has no code of the AWS SDK and of Powertools.
 */
export const handler = createHandler({
  log: createPlainLog(process.env),
  run: (event, invocation) => handleRequest(event, process.env, invocation),
});
