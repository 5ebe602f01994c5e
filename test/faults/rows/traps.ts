import { CATALOG_REPLACED, DATABASE_PERMISSION, OUT_OF_DATE } from '../expected-messages.ts';
import type { Fault, FaultGroup } from './fault.ts';

const sent = (fault: string): Fault => ({ fault, outcome: 'sent', expected: OUT_OF_DATE });

/**
 * Objects that another user has created where this client could execute them (as in CVE-2023-25149). Each raises an error when
 * it is executed, and each test first executes its object through the role's search_path.
 */
export const TRAP_FAULTS = {
  title: 'Traps in the database',
  split: 'same',
  faults: {
    functions: sent('functions in public with the names and arguments of the called functions'),
    ownFunctions: sent("the same functions in the role's schema"),
    closerFunctions: sent('functions whose arguments match better than those of pg_catalog'),
    operators: sent('every used operator in public, for every type'),
    ownOperators: sent("the same operators in the role's schema"),
    aggregates: sent('aggregates with the names of the used aggregates'),
    casts: sent("implicit casts from PostgreSQL's types to a type of another user"),
    types: sent("domains with the names of PostgreSQL's types, whose checks call a function"),
    views: sent("views with the names of PostgreSQL's and TimescaleDB's catalogs"),
    ownViews: sent("the same views in the role's schema"),
    temporaryViews: sent('a pooled session with temporary views of these names'),
    temporaryTypes: sent('a pooled session with temporary domains of these names'),
    reportFunction: sent('a function get_telemetry_report() that does not belong to the extension'),
    memberFunction: sent("functions that the extension's owner added to the extension"),
    memberReport: sent(
      "a get_telemetry_report() that the extension's owner added to the extension",
    ),
    usersTable: sent(
      "a user's table with a malicious function in its checks, defaults, indexes, statistics and policies",
    ),
    usersView: sent("a user's views, rules and materialized views that call a malicious function"),
    catalogView: {
      fault: 'a view that calls a malicious function replaces a catalog table',
      outcome: 'failed',
      expected: CATALOG_REPLACED,
    },
    catalogPolicy: {
      fault:
        'a row-level security policy on a catalog table calls a malicious function, or hides rows',
      outcome: 'failed',
      expected: DATABASE_PERMISSION,
      origin: '42501',
    },
  },
} satisfies FaultGroup;
