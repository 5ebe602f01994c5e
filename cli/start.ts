import { runProgram } from './program.ts';

for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error) => {
    // A reader such as `head` may close the pipe. The work goes on, and decides the status.
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
  });
}
process.exitCode = await runProgram(process.argv.slice(2));
