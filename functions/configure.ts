import { configure } from '../lib/configure/configure.ts';
import { createHandler } from './create-handler.ts';

/** Invoked by hand, with an administrator's secret: turns the telemetry of one target on or off. */
export const handler = createHandler({
  run: (event, dependencies) => configure(event, process.env, dependencies),
});
