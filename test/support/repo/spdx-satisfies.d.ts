/** Types for a package that has none. */
declare module 'spdx-satisfies' {
  /** Whether an SPDX expression can be satisfied by one of the licences. */
  function satisfies(expression: string, licenses: readonly string[]): boolean;
  export = satisfies;
}
