#!/usr/bin/env node
import { runProgram } from './program.ts';

// A reader such as `head` may close the pipe.
process.stdout.on('error', (error) => {
  if (!('code' in error) || error.code !== 'EPIPE') throw error;
  process.exit();
});
process.exitCode = await runProgram(process.argv.slice(2));
