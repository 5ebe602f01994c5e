import { gzipSync } from 'node:zlib';
import { shortenLine } from '../observability/shorten-line.ts';
import type { RecordedRun } from './recorded-run.ts';

/** Encodes a run as compressed JSON. Its line is made printable and shortened as in the log. */
export function encodeRun({ line: { severity, ...line }, ...run }: RecordedRun): Uint8Array {
  return gzipSync(JSON.stringify({ ...run, line: { severity, ...shortenLine(line) } }));
}
