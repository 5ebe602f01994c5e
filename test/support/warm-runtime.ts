import { importBundle } from '../../local/lambda-handler.ts';
import type { WarmResult } from './warm.ts';

/** Calls the handler of one bundle once for each message, in one process. */
const [, , bundleFile = ''] = process.argv;
const { handler } = await importBundle(bundleFile);

async function invoke(event: unknown): Promise<WarmResult> {
  const endsAt = Date.now() + 60_000;
  try {
    await handler(event, {
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:send-report-local',
      getRemainingTimeInMillis: () => endsAt - Date.now(),
    });
    return {};
  } catch (error) {
    if (!(error instanceof Error)) return { thrown: typeof error };
    const code = 'code' in error ? { code: String(error.code) } : {};
    return { thrown: error.name, errorType: error.constructor.name, ...code };
  }
}

process.on('message', ({ event }: { event: unknown }) => {
  void invoke(event).then((result) => process.send?.(result));
});
process.send?.('ready');
