import { CATALOG_REPLACED, DATABASE_PERMISSION, OUT_OF_DATE } from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

const sent = (fault: string): Fault => ({ fault, outcome: 'sent', says: OUT_OF_DATE });

/**
 * What somebody who may create objects has put where a login of ours could run it (as in CVE-2023-25149): each raises an
 * error of its own when it runs, and each is seen to run where names are looked for along the role's search_path.
 */
export const TRAP_FAULTS = {
  title: 'Traps in the database',
  faults: {
    functions: sent(
      'in public, functions with the names and the arguments of those that are called',
    ),
    ownFunctions: sent("the same functions in the role's own schema"),
    closerFunctions: sent('functions whose arguments fit better than those of pg_catalog'),
    operators: sent('in public, every operator that is used, for every type'),
    ownOperators: sent("the same operators in the role's own schema"),
    aggregates: sent('aggregates with the names of those that are used'),
    casts: sent(
      "casts from PostgreSQL's types to a type of somebody's own, without being asked for",
    ),
    types: sent("domains with the names of PostgreSQL's types, whose checks are code"),
    views: sent("views with the names of PostgreSQL's catalogs, and of TimescaleDB's"),
    ownViews: sent("the same views in the role's own schema"),
    temporaryViews: sent('a pooled session that was left with temporary views of these names'),
    temporaryTypes: sent('a pooled session that was left with temporary domains of these names'),
    reportFunction: sent('a function get_telemetry_report() that does not belong to the extension'),
    memberFunction: sent('functions that the owner of the extension has made belong to it'),
    memberReport: sent(
      'a get_telemetry_report() that the owner of the extension has made belong to it',
    ),
    usersTable: sent(
      "a user's table with a malicious function in its checks, defaults, indexes, statistics and policies",
    ),
    usersView: sent('views, rules and materialized views of a user that call it'),
    catalogView: {
      fault: 'a view that calls it stands where a catalog table should be',
      outcome: 'failed',
      says: CATALOG_REPLACED,
    },
    catalogPolicy: {
      fault: 'row-level security on a catalog table calls it, or hides rows',
      outcome: 'failed',
      says: DATABASE_PERMISSION,
      origin: '42501',
    },
  },
} satisfies FaultGroup;
