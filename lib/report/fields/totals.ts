import { always, type Field, INTEGER, isIn, NUMBER, type Type } from './field.ts';

/** Figures that are aggregated over the relations of one kind. */

type Figure = Pick<Field, 'since' | 'before' | 'description' | 'example'>;

/** A figure of a kind of relations. */
export interface Total extends Field {
  /** Over the relations of one kind, as `r`, and the sizes of this kind, as `z`. */
  readonly aggregate: string;
}

function aggregated(name: string, type: Type, aggregate: string, figure: Figure): Total {
  return { name, type, aggregate, ...figure, sql: always(`t.${name}`) };
}

/** Rows from before 2.0 have no counts; NULL counts as 0. */
export function summed(name: string, column: string, figure: Figure): Total {
  return aggregated(name, INTEGER, `coalesce(pg_catalog.sum(r.${column}), 0)`, figure);
}

/** Measured bytes of one kind, with those that were recorded when its chunks were compressed, in another column. */
export function measured(name: string, recorded: string, figure: Figure): Total {
  const sum = `coalesce(pg_catalog.max(z.${name}), 0) + coalesce(pg_catalog.sum(r.${recorded}), 0)`;
  return aggregated(name, INTEGER, sum, figure);
}

export function countedWhere(name: string, condition: string, figure: Figure): Total {
  return aggregated(name, NUMBER, `pg_catalog.count(*) filter (where ${condition})`, figure);
}

/** An object of figures. */
export interface Group extends Field {
  readonly members: readonly (Total | Group)[];
}

/** Returns the figures of groups that a release has. */
export function totalsIn(members: readonly (Total | Group)[], release: string): readonly Total[] {
  return members
    .filter((member) => isIn(member, release))
    .flatMap((member) => ('members' in member ? totalsIn(member.members, release) : [member]));
}
