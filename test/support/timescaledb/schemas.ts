import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import compare from 'semver/functions/compare.js';
import gte from 'semver/functions/gte.js';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'docs', 'schemas');

const FORMATS = readdirSync(FOLDER)
  .map((file) => file.replace(/\.json$/, ''))
  .sort(compare);

/**
 * Validates a report with the published JSON Schema of its release and an independent validator. Returns no errors if the
 * report has exactly the published fields with the published types.
 */
export function objectionsTo(report: unknown, release: string): readonly string[] {
  const format = FORMATS.findLast((one) => gte(release, one));
  const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
  const validate = ajv.compile(JSON.parse(readFileSync(join(FOLDER, `${format}.json`), 'utf8')));
  validate(report);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
