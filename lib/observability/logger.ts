import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { SERVICE } from '../naming.ts';
import { PRODUCT } from '../product.ts';
import type { Log } from './log.ts';
import { originalErrorFields } from './original-error.ts';
import { shortenLine } from './shorten-line.ts';

const LOG_METHOD = { INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Creates a log with Powertools' logger. It writes one JSON object per line, of at most 16 kB, with the product's version. */
export function createLog(): Log {
  const logger = new Logger({ serviceName: SERVICE, persistentKeys: { product: PRODUCT } });
  return {
    middleware: injectLambdaContext(logger),
    write({ severity, ...line }, ...errors) {
      for (const error of errors) {
        const original = originalErrorFields(error);
        if (original !== undefined) logger.debug(original.message, { original: original.original });
      }
      const { message, ...fields } = shortenLine(line);
      logger[LOG_METHOD[severity]](message, fields);
    },
  };
}
