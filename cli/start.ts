import { followWriteErrors } from './output/write-errors.ts';
import { runProgram } from './program.ts';

followWriteErrors();
process.exitCode = await runProgram(process.argv.slice(2));
