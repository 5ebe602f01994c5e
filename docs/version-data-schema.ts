import { z } from 'zod';
import { versionDataSchema } from '../data/version-data.ts';

/** Returns the JSON Schema of version data, which editors find by the file's `$schema`. */
export function versionDataSchemaFile(): string {
  return `${JSON.stringify(z.toJSONSchema(versionDataSchema), null, 2)}\n`;
}
