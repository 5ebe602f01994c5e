import { handleRequest } from '../lib/worker/handle-request.ts';
import { createHandler } from './create-handler.ts';

/**
 * Invoked by the other functions of a target whose network has no way out: reads or changes the database with the credentials
 * in the event. It has no code of the AWS SDK.
 */
export const handler = createHandler({
  run: (event, invocation) => handleRequest(event, process.env, invocation),
  isEventSecret: true,
});
