import * as z from 'zod/mini';
import { check } from '../../../lib/config/validate.ts';

/**
 * Checks an object, and continues with its valid keys and placeholders when something is wrong, so that one problem does
 * not hide the next. Undefined when it is no object.
 */
export function validatePartially<T, Shape extends z.core.$ZodShape>(
  where: string,
  schema: z.ZodMiniType<T> & z.ZodMiniObject<Shape>,
  written: object,
  placeholders: object,
  problems: string[],
): T;
export function validatePartially<T, Shape extends z.core.$ZodShape>(
  where: string,
  schema: z.ZodMiniType<T> & z.ZodMiniObject<Shape>,
  written: unknown,
  placeholders: object,
  problems: string[],
): T | undefined;
export function validatePartially<T, Shape extends z.core.$ZodShape>(
  where: string,
  schema: z.ZodMiniType<T> & z.ZodMiniObject<Shape>,
  written: unknown,
  placeholders: object,
  problems: string[],
): T | undefined {
  const checked = check(where, schema, written, problems);
  if (checked !== undefined || typeof written !== 'object' || written === null) return checked;
  const usable = Object.entries(schema.shape).flatMap(([key, one]) => {
    const value: unknown = Reflect.get(written, key);
    return z.safeParse(one, value).success ? [[key, value] as const] : [];
  });
  return schema.parse({ ...placeholders, ...Object.fromEntries(usable) });
}
