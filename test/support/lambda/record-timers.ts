import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';

/** Preloaded into the process of a function: writes the delay of each timer of `node:timers`, whose only user is middy. */
const original = timers.setTimeout;

Object.assign(timers, {
  setTimeout(...args: Parameters<typeof original>): NodeJS.Timeout {
    process.stderr.write(`SETS A TIMER OF ${args[1]} MS\n`);
    return original(...args);
  },
});
syncBuiltinESMExports();
