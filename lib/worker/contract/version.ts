import * as z from 'zod/mini';
import { VERSION } from '../../product.ts';

/** Version of the requests and answers between a function and its worker. */
const CONTRACT_VERSION = 1;

/** The first fields of each request and answer. */
export const VERSIONS = { version: CONTRACT_VERSION, productVersion: VERSION } as const;

/** Shape of the first fields. */
export const versionShape = {
  version: z.literal(CONTRACT_VERSION),
  productVersion: z.literal(VERSION),
};

const anyVersionSchema = z.object({
  version: z.number(),
  productVersion: z.string(),
});

/** Whether a request or an answer is of another version of this project; false for a value without versions. */
export function isOfOtherVersion(value: unknown): boolean {
  const { success, data } = anyVersionSchema.safeParse(value);
  return success && (data.version !== CONTRACT_VERSION || data.productVersion !== VERSION);
}
