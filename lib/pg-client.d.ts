/** The client of node-postgres alone, without its pool and without the bindings to libpq. */
declare module 'pg/lib/client.js' {
  import { Client } from 'pg';

  export = Client;
}
