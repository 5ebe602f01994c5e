/** What a bundle exports. */
interface Bundle {
  handler(event: unknown, context: unknown): Promise<unknown>;
}

/** Nanoseconds of the machine's monotonic clock. */
export interface Start {
  readonly startedAt: string;
  readonly importedAt: string;
  /** What the import took of the processors. */
  readonly cpuMs: number;
}

/** One start in a process of its own: imports the bundle, says how long that took, and invokes it. */
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
