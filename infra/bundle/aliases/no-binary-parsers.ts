/** Replaces the binary parsers of `pg-types`: no query asks for values in PostgreSQL's binary format. Registers none. */
export function init(): void {}
