import { fstatSync, writeFileSync } from 'node:fs';
import { errorCodeOf } from '../../lib/errors.ts';
import { EXIT, printErrors } from '../command.ts';

/** Writes a file in full: Node's own stream ignores that a disk may take only the first part of a text. */
function writeInFull(stream: typeof process.stdout): void {
  stream._write = (chunk: Uint8Array, _encoding, callback) => {
    try {
      writeFileSync(stream.fd, chunk);
    } catch (error) {
      callback(error instanceof Error ? error : new TypeError('The file cannot be written.'));
      return;
    }
    callback();
  };
}

/**
 * Keeps errors of standard output and standard error from ending the program before its work is done. A reader such as `head`
 * may close the pipe, which changes nothing. Other errors, such as a full disk, are reported once, and success becomes a
 * failure.
 */
export function followWriteErrors(): void {
  const { stdout, stderr } = process;
  if (fstatSync(stdout.fd).isFile()) writeInFull(stdout);
  // There is no other place for what standard error cannot take.
  stderr.on('error', () => undefined);
  let isReported = false;
  stdout.on('error', (error) => {
    const code = errorCodeOf(error);
    if (code === 'EPIPE' || isReported) return;
    isReported = true;
    printErrors([
      `Standard output could not be written (${code ?? 'unknown error'}). The command goes on, but its output is incomplete.`,
      'Free space on the disk of the output, or write it elsewhere.',
    ]);
    process.once('exit', (status) => {
      if (status === EXIT.done) process.exitCode = EXIT.failed;
    });
  });
}
