import { Logger } from '@aws-lambda-powertools/logger';
import { cutText, escapeUnprintable } from '../config/printable.ts';
import type { RunError } from '../errors.ts';
import { SERVICE } from '../naming.ts';
import { PRODUCT } from '../product.ts';
import type { Line } from '../run/outcome.ts';
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

/** Length limit of an original error: a server may send megabytes. */
const MAX_ORIGINAL_LENGTH = 4_000;

/** Creates Powertools' logger. It writes one JSON object per line, of at most 16 kB, with the product's version. */
export function createLog(): Log {
  const logger = new Logger({ serviceName: SERVICE, persistentKeys: { product: PRODUCT } });
  return {
    logger,
    write({ severity, ...line }, ...errors) {
      for (const error of errors) {
        if (error?.original === undefined) continue;
        logger.debug('The original error. It may name roles, databases and hosts.', {
          original: escapeUnprintable(cutText(String(error.original), MAX_ORIGINAL_LENGTH)),
        });
      }
      const { message, ...fields } = shortenLine(line);
      logger[LOG_METHOD[severity]](message, fields);
    },
  };
}
