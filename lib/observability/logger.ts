import { Logger } from '@aws-lambda-powertools/logger';
import type { RunError } from '../errors.ts';
import { SERVICE } from '../naming.ts';
import { PRODUCT } from '../product.ts';
import type { Line } from '../run/outcome.ts';
import { originalErrorFields } from './original-error.ts';
import { shortenLine } from './shorten-line.ts';

export interface Log {
  readonly logger: Logger;
  /**
   * Writes one summary line; before it, at debug level, the original errors.
   *
   * @param errors the errors that the line describes
   */
  write(line: Line, ...errors: readonly (RunError | undefined)[]): void;
}

const LOG_METHOD = { INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Creates Powertools' logger. It writes one JSON object per line, of at most 16 kB, with the product's version. */
export function createLog(): Log {
  const logger = new Logger({ serviceName: SERVICE, persistentKeys: { product: PRODUCT } });
  return {
    logger,
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
