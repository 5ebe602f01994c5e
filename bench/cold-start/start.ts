/** The exports of a bundle. */
interface Bundle {
  handler(event: unknown, context: unknown): Promise<unknown>;
}

/** One start; `startedAt` and `importedAt` are nanoseconds of the machine's monotonic clock. */
export interface Start {
  readonly startedAt: string;
  readonly importedAt: string;
  /** CPU time of the import. */
  readonly cpuMs: number;
}

/** Starts once, in a separate process: imports the bundle, invokes it, and sends the times to the parent process. */
const [, , url = ''] = process.argv;
const context = {
  awsRequestId: crypto.randomUUID(),
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:bench',
  getRemainingTimeInMillis: () => 10_000,
};
const before = process.cpuUsage();
const startedAt = process.hrtime.bigint();
const { handler }: Bundle = await import(url);
const importedAt = process.hrtime.bigint();
const { user, system } = process.cpuUsage(before);
await handler({}, context).catch(() => undefined);
const start: Start = {
  startedAt: String(startedAt),
  importedAt: String(importedAt),
  cpuMs: (user + system) / 1_000,
};
process.send?.(start, () => process.disconnect());
