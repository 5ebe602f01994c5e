import { isObject, type Json } from './intrinsics.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const GRID_WIDTH = 24;
const MOST_HEIGHT = 1_000;
const MOST_WIDGETS = 500;
const MOST_METRICS = 500;
const MOST_BYTES = 1_000_000;

/** Resolves a body to text. Its only references are to the region. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return '';
  if (value['Ref'] === 'AWS::Region') return 'eu-central-1';
  const join: unknown = value['Fn::Join'];
  const [separator, parts]: readonly unknown[] = Array.isArray(join) ? join : [];
  return Array.isArray(parts) ? parts.map(textOf).join(String(separator)) : '';
}

function parse(text: string): Json | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return isObject(body) ? body : undefined;
  } catch {
    return undefined;
  }
}

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: Json;
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  text: ['markdown'],
  metric: ['metrics', 'region'],
  log: ['query', 'region', 'view'],
  custom: ['endpoint'],
};

function positionProblems({ x, y, width, height }: Widget): readonly string[] {
  const areWhole = [x, y, width, height].every(Number.isInteger);
  const isInside = x >= 0 && width >= 1 && x + width <= GRID_WIDTH;
  const isTall = y >= 0 && height >= 1 && height <= MOST_HEIGHT;
  return areWhole && isInside && isTall ? [] : [`a widget inside the grid of ${GRID_WIDTH}`];
}

function contentProblems({ type, properties }: Widget): readonly string[] {
  const needed = NEEDED[type];
  if (needed === undefined) return [`a widget of ${Object.keys(NEEDED).join(', ')}`];
  const metrics: unknown = properties['metrics'];
  const isTooMuch = Array.isArray(metrics) && metrics.length > MOST_METRICS;
  return [
    ...needed.filter((name) => !properties[name]).map((name) => `a ${type} widget with ${name}`),
    ...(isTooMuch ? [`a widget of up to ${MOST_METRICS} metrics`] : []),
  ];
}

function overlap(one: Widget, other: Widget): boolean {
  const beside = one.x + one.width <= other.x || other.x + other.width <= one.x;
  const above = one.y + one.height <= other.y || other.y + other.height <= one.y;
  return !beside && !above;
}

function overlapProblems(widgets: readonly Widget[]): readonly string[] {
  const isAny = widgets.some((one, index) =>
    widgets.slice(index + 1).some((other) => overlap(one, other)),
  );
  return isAny ? ['widgets beside each other, and some overlap'] : [];
}

/** Returns what a dashboard's body, which may be an Fn::Join, must be and is not. */
export function dashboardProblems(value: unknown): readonly string[] {
  const text = textOf(value);
  const body = parse(text);
  if (body === undefined || !Array.isArray(body['widgets'])) return ['JSON with widgets'];
  const widgets: readonly Widget[] = body['widgets'];
  return [
    ...(Buffer.byteLength(text) > MOST_BYTES ? [`${MOST_BYTES} bytes`] : []),
    ...(widgets.length > MOST_WIDGETS ? [`up to ${MOST_WIDGETS} widgets`] : []),
    ...widgets.flatMap((widget) => [...positionProblems(widget), ...contentProblems(widget)]),
    ...overlapProblems(widgets),
  ];
}
