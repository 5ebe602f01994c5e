import { isLate, isObject, type Json } from './intrinsics.ts';

/** Returns what a value must be and is not. */
export type Check = (value: unknown, properties: Json) => string | undefined;

/** Checks a text for its length and its characters. */
export function text(longest: number, pattern = /^[\s\S]+$/): Check {
  return (value) =>
    typeof value === 'string' && value.length <= longest && pattern.test(value)
      ? undefined
      : `text of up to ${longest} characters like ${pattern.source}`;
}

export function whole(least: number, most: number): Check {
  return (value) =>
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `a whole number from ${least} to ${most}`;
}

export function oneOf(...allowed: readonly unknown[]): Check {
  return (value) => (allowed.includes(value) ? undefined : `one of ${allowed.join(', ')}`);
}

export function atMost(most: number): Check {
  return (value) =>
    Array.isArray(value) && value.length <= most ? undefined : `a list of up to ${most}`;
}

export function each(check: Check): Check {
  return (value, properties) => {
    const values = Array.isArray(value) ? value : [];
    return values.flatMap((one) => (isLate(one) ? [] : (check(one, properties) ?? [])))[0];
  };
}

export function lengthWithoutSpace(value: unknown): number {
  return JSON.stringify(value).replaceAll(/\s/g, '').length;
}

export function policies(longest: number): Check {
  return (value) => {
    const documents = Array.isArray(value) ? value.map((one: Json) => one['PolicyDocument']) : [];
    const length = documents.reduce((sum: number, one) => sum + lengthWithoutSpace(one), 0);
    return length <= longest ? undefined : `${longest} characters together, and they are ${length}`;
  };
}

/** Names that Lambda reserves. */
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_.*|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;

export function variables(value: unknown): string | undefined {
  const names = isObject(value) ? Object.keys(value) : [];
  const areNames = names.every((name) => /^[A-Za-z]\w+$/.test(name) && !RESERVED.test(name));
  if (!areNames) return 'variables with names that Lambda has not reserved';
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes <= 4_096 ? undefined : `4096 bytes, and they are ${bytes}`;
}

interface CronField {
  readonly least: number;
  readonly most: number;
  readonly names?: string;
  readonly mayBeAny?: true;
}

const CRON_FIELDS: readonly CronField[] = [
  { least: 0, most: 59 },
  { least: 0, most: 23 },
  { least: 1, most: 31, mayBeAny: true },
  { least: 1, most: 12, names: 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC' },
  { least: 1, most: 7, names: 'SUN MON TUE WED THU FRI SAT', mayBeAny: true },
  { least: 1970, most: 2199 },
];

function isCronPart(part: string, { least, most, names = '' }: CronField): boolean {
  const [range = '', step = '1', ...more] = part.split('/');
  if (more.length > 0 || !/^[1-9]\d*$/.test(step)) return false;
  if (range === '*') return true;
  const ends = range.split('-').map((end) => {
    const index = names.split(' ').indexOf(end);
    return index >= 0 && names !== ''
      ? least + index
      : /^\d+$/.test(end)
        ? Number(end)
        : Number.NaN;
  });
  const [first = Number.NaN, last = first] = ends;
  return ends.length <= 2 && least <= first && first <= last && last <= most;
}

function isCronField(text: string, field: CronField): boolean {
  if (text === '?') return field.mayBeAny === true;
  return text.split(',').every((part) => isCronPart(part, field));
}

export function cron(value: unknown): string | undefined {
  const [, inner = ''] = /^cron\((.*)\)$/.exec(String(value)) ?? [];
  const fields = inner.split(' ');
  const isCron =
    String(value).length <= 256 &&
    fields.length === CRON_FIELDS.length &&
    CRON_FIELDS.every((field, index) => isCronField(fields[index] ?? '', field));
  if (!isCron) return 'cron(minute hour day-of-month month day-of-week year), each in its range';
  return [fields[2], fields[4]].filter((field) => field === '?').length === 1
    ? undefined
    : 'cron(…) with ? in either day-of-month or day-of-week';
}

const HOUR = 3_600;
export const DAY = 24 * HOUR;

export function period(value: unknown): string | undefined {
  return Number(value) > 0 && Number(value) % 60 === 0 ? undefined : 'a multiple of 60';
}

export function evaluation(value: unknown, { Period }: Json): string | undefined {
  const most = Number(Period) < HOUR ? DAY : 7 * DAY;
  const seconds = Number(Period) * Number(value);
  return seconds <= most ? undefined : `no more than ${most} s in all, and it is ${seconds}`;
}

export function parameterName(value: unknown): string | undefined {
  const name = String(value);
  const isName = name.length <= 1_011 && /^[\w./-]+$/.test(name) && !/^\/?(aws|ssm)/i.test(name);
  return isName && name.split('/').length <= 16 ? undefined : 'a parameter name';
}

export function rulesPerFamily(value: unknown): string | undefined {
  const rules: readonly Json[] = Array.isArray(value) ? value : [];
  const most = Math.max(
    ...['CidrIp', 'CidrIpv6'].map((family) => rules.filter((rule) => family in rule).length),
  );
  return most <= 60 ? undefined : `60 rules, and there are ${most}`;
}
