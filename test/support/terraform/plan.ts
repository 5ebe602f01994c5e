import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktn/hcl2json';
import { evaluate, type Scope, withNames } from './evaluate.ts';
import { type Expression, parseExpressions } from './expressions.ts';
import { PROVIDER } from './provider.ts';
import {
  EvaluationError,
  elementOf,
  entriesOf,
  type ObjectValue,
  toNumber,
  toText,
  type Value,
} from './values.ts';
import { type VariableBlock, validationMessages, variableValue } from './variables.ts';

type Body = Readonly<Record<string, unknown>>;
type Blocks = Readonly<Record<string, readonly [Body]>>;

/** The files of a module, merged. */
export interface TerraformModule {
  readonly variables: Readonly<Record<string, readonly [VariableBlock]>>;
  readonly locals: Body;
  readonly resources: Readonly<Record<string, Blocks>>;
  readonly data: Readonly<Record<string, Blocks>>;
  readonly outputs: Blocks;
  readonly expressions: ReadonlyMap<string, Expression>;
}

/** A resource that a module creates, with its address such as `aws_iam_role.function["send-report"]`. */
export interface PlannedResource {
  readonly address: string;
  readonly type: string;
  /** Arguments and blocks that have a value. A value that only AWS knows is `${<address>.<attribute>}`. */
  readonly arguments: ObjectValue;
}

/** What a module would create. */
export interface Plan {
  readonly resources: readonly PlannedResource[];
  readonly outputs: ObjectValue;
}

function merged<T>(parts: readonly T[]): T {
  return Object.assign({}, ...parts);
}

/** Merges the resources of all files by type, and then by name. */
function mergedByType(
  parts: readonly Readonly<Record<string, Blocks>>[],
): TerraformModule['resources'] {
  const types = Map.groupBy(
    parts.flatMap((part) => Object.entries(part)),
    ([type]) => type,
  );
  return Object.fromEntries(
    [...types].map(([type, blocks]) => [type, merged(blocks.map(([, one]) => one))]),
  );
}

/** Parses all files of a folder; throws with the place of a syntax error. */
export async function parseModule(folder: string): Promise<TerraformModule> {
  const expressions = new Map<string, Expression>();
  const files: Body[] = [];
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.tf'))) {
    const body: Body = await parse(name, readFileSync(join(folder, name), 'utf8'));
    await parseExpressions(name, body, expressions);
    files.push(body);
  }
  const sections = <T>(name: string): readonly T[] =>
    files.flatMap((file) => (file[name] ?? []) as T | readonly T[]);
  return {
    variables: merged(sections<TerraformModule['variables']>('variable')),
    locals: merged(sections<Body>('locals')),
    resources: mergedByType(sections('resource')),
    data: mergedByType(sections('data')),
    outputs: merged(sections<Blocks>('output')),
    expressions,
  };
}

/** Returns an object whose values are evaluated when they are first read. */
function lazily(names: readonly string[], evaluateOne: (name: string) => Value): ObjectValue {
  const known = new Map<string, Value>();
  const object = {};
  for (const name of names) {
    Object.defineProperty(object, name, {
      enumerable: true,
      get() {
        const value = known.get(name) ?? evaluateOne(name);
        known.set(name, value);
        return value;
      },
    });
  }
  return object;
}

function withoutNull(block: ObjectValue): ObjectValue {
  return Object.fromEntries(Object.entries(block).filter(([, value]) => value !== null));
}

/** The attributes of a resource that are not set, and that AWS sets when it creates the resource. */
function unknownAttributes(type: string, address: string): ObjectValue {
  const names = [...Object.keys(PROVIDER.resources[type] ?? {}), ...(PROVIDER.exports[type] ?? [])];
  return Object.fromEntries(names.map((name) => [name, `\${${address}.${name}}`]));
}

/** Evaluates a module with values for its variables and its data sources. */
class Planner {
  readonly resources: PlannedResource[] = [];
  readonly #module: TerraformModule;
  readonly #roots: ObjectValue;

  constructor(module: TerraformModule, given: ObjectValue, data: ObjectValue) {
    this.#module = module;
    const { variables, locals, resources } = module;
    const evaluated = (value: unknown) => this.value(value, this.scope);
    this.#roots = {
      var: lazily(Object.keys(variables), (name) => this.#variable(name, given[name])),
      local: lazily(Object.keys(locals), (name) => evaluated(locals[name])),
      data,
      ...Object.fromEntries(
        Object.entries(resources).map(([type, blocks]) => [
          type,
          lazily(Object.keys(blocks), (name) =>
            this.#instances(type, name, blocks[name]?.[0] ?? {}),
          ),
        ]),
      ),
    };
  }

  readonly scope: Scope = (name) => elementOf(this.#roots, name);

  /** Evaluates a value of the parsed files: texts with `${` are expressions. */
  value(value: unknown, scope: Scope): Value {
    if (typeof value === 'string') {
      const expression = this.#module.expressions.get(value);
      return expression === undefined ? value : evaluate(expression, scope);
    }
    if (Array.isArray(value)) return value.map((one) => this.value(one, scope));
    if (typeof value === 'object' && value !== null) return this.block({ ...value }, scope);
    return value as Value;
  }

  /** Evaluates arguments, blocks and dynamic blocks. */
  block({ dynamic = {}, ...body }: Body, scope: Scope): ObjectValue {
    const fixed = Object.entries(body).map(([name, value]) => [name, this.value(value, scope)]);
    const expanded = Object.entries(dynamic as Blocks).map(([name, [block]]) => [
      name,
      entriesOf(this.value(block['for_each'], scope)).flatMap(([key, value]) => {
        const [content] = block['content'] as readonly [Body];
        return this.block(content, withNames(scope, { [name]: { key, value } }));
      }),
    ]);
    return Object.fromEntries([...fixed, ...expanded]);
  }

  #variable(name: string, given: Value | undefined): Value {
    const [block] = this.#module.variables[name] ?? [];
    const type = this.#module.expressions.get(block?.type ?? '');
    if (block === undefined) throw new EvaluationError(`There is no variable ${name}`);
    return variableValue(name, given, block, type);
  }

  /** Creates the instances of a resource, and returns their attributes. */
  #instances(type: string, name: string, { for_each, count, depends_on, ...body }: Body): Value {
    this.value(depends_on ?? [], this.scope);
    const create = (suffix: string, scope: Scope): ObjectValue => {
      const address = `${type}.${name}${suffix}`;
      const values = withoutNull(this.block(body, scope));
      this.resources.push({ address, type, arguments: values });
      return { ...unknownAttributes(type, address), ...values };
    };
    if (count !== undefined) {
      const length = toNumber(this.value(count, this.scope));
      return Array.from({ length }, (_, index) => create(`[${index}]`, this.scope));
    }
    if (for_each === undefined) return create('', this.scope);
    return Object.fromEntries(
      entriesOf(this.value(for_each, this.scope)).map(([key, value]) => {
        const scope = withNames(this.scope, { each: { key, value } });
        return [toText(key), create(`[${JSON.stringify(key)}]`, scope)];
      }),
    );
  }

  /** Evaluates everything that Terraform would. */
  plan(): Plan {
    const { variables, resources, outputs, expressions } = this.#module;
    const messages = Object.entries(variables).flatMap(([name, [block]]) => {
      elementOf(elementOf(this.#roots, 'var'), name);
      return validationMessages(block, expressions, this.scope);
    });
    if (messages.length > 0) throw new EvaluationError(messages.join('\n'));
    for (const [type, blocks] of Object.entries(resources)) {
      for (const name of Object.keys(blocks)) elementOf(this.scope(type), name);
    }
    const values = Object.entries(outputs).map(([name, [{ value }]]) => [
      name,
      this.value(value, this.scope),
    ]);
    return { resources: this.resources, outputs: Object.fromEntries(values) };
  }
}

/**
 * Returns what a module would create.
 *
 * @param given values of its variables
 * @param data attributes of its data sources, by type and name
 * @throws EvaluationError with the messages of all validations that fail, or for what Terraform would reject
 */
export function planModule(module: TerraformModule, given: ObjectValue, data: ObjectValue): Plan {
  return new Planner(module, given, data).plan();
}
