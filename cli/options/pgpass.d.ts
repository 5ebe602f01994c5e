/** The reader of password files that node-postgres uses; it comes without types. */
declare module 'pgpass' {
  interface Server {
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
  }

  /** Looks into PGPASSFILE, or ~/.pgpass. */
  function pgpass(server: Server, done: (password: string | undefined) => void): void;
  export = pgpass;
}
