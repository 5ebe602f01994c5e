import { isDeepStrictEqual } from 'node:util';

type Json = Readonly<Record<string, unknown>>;

/** A part of a template that CloudFormation leaves out. */
const NO_VALUE = { Ref: 'AWS::NoValue' };

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a call of a function such as `{ Ref: … }`. */
export function isCall(value: unknown): boolean {
  const [name, ...others] = isJson(value) ? Object.keys(value) : [];
  return others.length === 0 && (name === 'Ref' || name?.startsWith('Fn::') === true);
}

/** Merges what a condition changes into a value that other conditions may have changed before. */
class Merger {
  readonly #condition: string;

  constructor(condition: string) {
    this.#condition = condition;
  }

  choose(having: unknown, otherwise: unknown): Json {
    return { 'Fn::If': [this.#condition, having, otherwise] };
  }

  merge(merged: unknown, less: unknown, having: unknown): unknown {
    if (isDeepStrictEqual(less, having)) return merged;
    if (Array.isArray(less) && Array.isArray(having) && Array.isArray(merged)) {
      return this.#mergeLists(merged, less, having);
    }
    if ([merged, less, having].every((one) => isJson(one) && !isCall(one))) {
      return this.#mergeObjects(Object(merged), Object(less), Object(having));
    }
    if (!isDeepStrictEqual(merged, less)) {
      throw new TypeError(`Two conditions change ${JSON.stringify(less)}.`);
    }
    return this.choose(having, less);
  }

  #mergeObjects(merged: Json, less: Json, having: Json): Json {
    const names = [...new Set([...Object.keys(merged), ...Object.keys(having)])];
    const entries = names.map((name) => {
      if (!(name in having)) {
        return [name, name in less ? this.choose(NO_VALUE, merged[name]) : merged[name]];
      }
      if (!(name in less)) return [name, this.choose(having[name], merged[name] ?? NO_VALUE)];
      return [name, this.merge(merged[name], less[name], having[name])];
    });
    return Object.fromEntries(entries);
  }

  /** Lists of the same length are merged item by item. Other lists have no order: statements, actions of alarms. */
  #mergeLists(
    merged: readonly unknown[],
    less: readonly unknown[],
    having: readonly unknown[],
  ): readonly unknown[] {
    if (less.length === having.length) {
      return merged.map((one, index) =>
        index < less.length ? this.merge(one, less[index], having[index]) : one,
      );
    }
    const isIn = (list: readonly unknown[], one: unknown) =>
      list.some((other) => isDeepStrictEqual(other, one));
    const removed = less.filter((one) => !isIn(having, one));
    const added = having.filter((one) => !isIn(less, one));
    return [
      ...this.#removeItems(merged, removed),
      ...added.map((one) => this.choose(one, NO_VALUE)),
    ];
  }

  /** Removes items of a list, which other conditions may have added. */
  #removeItems(merged: readonly unknown[], removed: readonly unknown[]): readonly unknown[] {
    const isItem = (one: unknown, item: unknown) => {
      const { 'Fn::If': [, having, otherwise] = [] } = Object(one);
      return (
        isDeepStrictEqual(one, item) ||
        (isDeepStrictEqual(having, item) && isDeepStrictEqual(otherwise, NO_VALUE))
      );
    };
    if (!removed.every((item) => merged.some((one) => isItem(one, item)))) {
      throw new TypeError(`${this.#condition} removes an item that another condition changes.`);
    }
    return merged.map((one) =>
      removed.some((item) => isItem(one, item)) ? this.choose(NO_VALUE, one) : one,
    );
  }

  /** Resources and outputs that exist under the condition only get it as an attribute. */
  mergeSection(merged: Json, less: Json, having: Json): Json {
    const isAdded = (id: string) => !(id in less);
    const entries = Object.entries(having).flatMap(([id, one]): readonly [string, unknown][] => {
      if (isAdded(id)) return [[id, { ...Object(one), Condition: this.#condition }]];
      const resource = Object(one);
      return [[id, this.#mergeResource(Object(merged[id]), Object(less[id]), resource, isAdded)]];
    });
    return { ...merged, ...Object.fromEntries(entries) };
  }

  /**
   * Merges the properties and dependencies of a resource. Dependencies on resources that exist under the condition only are left
   * to the references in its properties: linters reject `DependsOn` for them.
   */
  #mergeResource(
    merged: Json,
    less: Json,
    having: Json,
    isConditional: (id: string) => boolean,
  ): Json {
    const { DependsOn: ofMerged = [], ...rest } = merged;
    const { DependsOn: ofLess = [], ...restOfLess } = less;
    const { DependsOn: ofHaving = [], ...restOfHaving } = having;
    const known = [ofMerged, ofLess].flat();
    const added = [ofHaving]
      .flat()
      .map(String)
      .filter((id) => !known.includes(id) && !isConditional(id));
    const dependencies = [ofMerged, added].flat();
    return {
      ...Object(this.merge(rest, restOfLess, restOfHaving)),
      ...(dependencies.length > 0 && { DependsOn: dependencies.toSorted() }),
    };
  }
}

/** Resources and outputs of a template. */
export interface Sections {
  readonly Resources: Json;
  readonly Outputs: Json;
}

/** Adds to a template what another one has in addition to a third, under a condition. */
export function mergeUnder(
  condition: string,
  merged: Sections,
  less: Sections,
  having: Sections,
): Sections {
  const merger = new Merger(condition);
  return {
    Resources: merger.mergeSection(merged.Resources, less.Resources, having.Resources),
    Outputs: merger.mergeSection(merged.Outputs, less.Outputs, having.Outputs),
  };
}
