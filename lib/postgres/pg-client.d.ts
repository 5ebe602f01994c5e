/** The parts of node-postgres that are used, without its pool and without the bindings to libpq. */
declare module 'pg/lib/connection.js' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';
  import { Connection } from 'pg';

  interface Options {
    readonly stream: () => Duplex;
    readonly ssl: object | false;
  }

  class PgConnection extends Connection {
    constructor(options: Options);
    /** Parses the chunks of this source, and emits each message. Called with the TLS socket where there is one. */
    attachListeners(source: EventEmitter): void;
    password(password: string): void;
    sendSCRAMClientFinalMessage(message: string): void;
  }
  export = PgConnection;
}

declare module 'pg/lib/type-overrides.js' {
  import type { CustomTypesConfig } from 'pg';

  class TypeOverrides implements CustomTypesConfig {
    getTypeParser: CustomTypesConfig['getTypeParser'];
  }
  export = TypeOverrides;
}

declare module 'pg/lib/client.js' {
  import { Client, type ClientConfig, type Connection } from 'pg';

  interface Config extends ClientConfig {
    readonly connection: Connection;
    readonly scramMaxIterations: number;
  }

  class PgClient extends Client {
    constructor(config: Config);
  }
  export = PgClient;
}
