import { once } from 'node:events';
import type { RuntimeMessage } from './lambda.ts';
import { callHandler } from './lambda-handler.ts';
import { peakMemoryBytes } from './peak-memory.ts';

/** The part of Lambda's runtime that a handler sees: imports the bundle, calls `handler`, hands back how it ended. */
const [, , bundleFile = '', timeoutMs = ''] = process.argv;
const [message]: { event: unknown }[] = await once(process, 'message');
const result = await callHandler(bundleFile, message?.event, Number(timeoutMs));
const answer: RuntimeMessage = { ...result, maxMemoryBytes: peakMemoryBytes() };
process.send?.(answer, () => process.disconnect());
