import type { FaultGroup } from './fault.ts';
import {
  DATABASE_AUTHENTICATION,
  DATABASE_BROKEN_OFF,
  DATABASE_BUSY,
  DATABASE_CONFLICT,
  DATABASE_CONNECTION_LOST,
  DATABASE_NOT_ACCEPTING,
  DATABASE_NOT_POSTGRESQL,
  DATABASE_POOLER,
  DATABASE_REFUSED,
  DATABASE_SILENT,
  DATABASE_UNRESOLVED,
  OUT_OF_DATE,
  skipped,
  timeLimit,
} from './sayings.ts';

export const NETWORK_FAULTS = {
  title: 'The network to the database',
  faults: {
    unresolvable: {
      fault: 'its name does not resolve',
      outcome: 'failed',
      says: DATABASE_UNRESOLVED,
      origin: 'ENOTFOUND',
    },
    resolverSilent: {
      fault: 'the resolver cannot be asked',
      outcome: 'failed',
      says: DATABASE_UNRESOLVED,
      origin: 'EAI_AGAIN',
    },
    refused: {
      fault: 'nothing listens at its port',
      outcome: 'failed',
      says: DATABASE_REFUSED,
      origin: 'ECONNREFUSED',
    },
    allAddressesRefuse: {
      fault: 'its name has several addresses, and nothing listens at any',
      outcome: 'failed',
      says: DATABASE_REFUSED,
      origin: 'ECONNREFUSED',
    },
    firstAddressRefuses: {
      fault: 'its name has an IPv6 address, at which nothing listens, and an IPv4 one',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    firstAddressDrops: {
      fault: 'what is sent to the first address of its name is dropped, and the second works',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    blackHole: {
      fault: 'what is sent to it is dropped',
      outcome: 'failed',
      says: timeLimit('connection'),
    },
    hangs: {
      fault: 'the server hangs: only its kernel accepts the connection',
      outcome: 'failed',
      says: timeLimit('connection'),
    },
    silentPort: {
      fault: 'something takes the connection, and says nothing',
      outcome: 'failed',
      says: DATABASE_SILENT,
    },
    silentInLogin: {
      fault: 'it falls silent in the middle of the login',
      outcome: 'failed',
      says: timeLimit('connection'),
    },
    resetAtOnce: {
      fault: 'the connection is reset before its first byte',
      outcome: 'failed',
      says: DATABASE_BROKEN_OFF,
      origin: 'ECONNRESET',
    },
    closedAtOnce: {
      fault: 'the connection is closed before its first byte',
      outcome: 'failed',
      says: DATABASE_BROKEN_OFF,
    },
    resetInLogin: {
      fault: 'the connection is reset in the middle of the login',
      outcome: 'failed',
      says: DATABASE_BROKEN_OFF,
      origin: 'ECONNRESET',
    },
    resetInQuery: {
      fault: 'the connection is reset in the middle of a query',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
      origin: 'ECONNRESET',
    },
    closedInQuery: {
      fault: 'the connection is closed in the middle of a query',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
    },
    resetAtCommit: {
      fault: 'the connection is reset when all has been read',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
      origin: 'ECONNRESET',
    },
    halfOpen: {
      fault: 'the server vanishes in the middle of a query, and nobody says so',
      outcome: 'failed',
      says: timeLimit('database'),
    },
    resetAtGoodbye: {
      fault: 'the connection is reset at the goodbye',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    goodbyeUnanswered: {
      fault: 'the goodbye is never answered',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    drips: {
      fault: 'its answers come byte by byte',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    dripsTooSlowly: {
      fault: 'its answers come byte by byte, more slowly than the run has time',
      outcome: 'failed',
      says: timeLimit('database'),
    },
    garbage: {
      fault: 'what answers says no word of the protocol',
      outcome: 'failed',
      says: DATABASE_NOT_POSTGRESQL,
    },
    webServer: {
      fault: 'a web server answers',
      outcome: 'failed',
      says: DATABASE_NOT_POSTGRESQL,
    },
    webServerAskedForTls: {
      fault: 'a web server answers, and the target wants TLS',
      outcome: 'failed',
      says: DATABASE_NOT_POSTGRESQL,
    },
    sshServer: {
      fault: 'an SSH server answers',
      outcome: 'failed',
      says: DATABASE_NOT_POSTGRESQL,
    },
    sshServerAskedForTls: {
      fault: 'an SSH server answers, and the target wants TLS',
      outcome: 'failed',
      says: DATABASE_NOT_POSTGRESQL,
    },
    garbageInQuery: {
      fault: 'in the middle of a query an answer is no word of the protocol',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
    },
    noProcess: {
      fault: 'the server cannot start a process for the session',
      outcome: 'failed',
      says: DATABASE_BUSY,
    },
    serverFull: {
      fault: 'the server has no connection left',
      outcome: 'failed',
      says: DATABASE_BUSY,
      origin: '53300',
    },
    databaseFull: {
      fault: 'the database has no connection left',
      outcome: 'failed',
      says: DATABASE_BUSY,
      origin: '53300',
    },
    roleFull: {
      fault: 'the role has no connection left',
      outcome: 'failed',
      says: DATABASE_BUSY,
      origin: '53300',
    },
    starting: {
      fault: 'the server is starting',
      outcome: 'failed',
      says: DATABASE_NOT_ACCEPTING,
      origin: '57P03',
    },
    shuttingDown: {
      fault: 'the server is shutting down',
      outcome: 'failed',
      says: DATABASE_NOT_ACCEPTING,
      origin: '57P03',
    },
    notHot: {
      fault: 'the server is a standby that takes no connections (hot_standby is off)',
      outcome: 'failed',
      says: DATABASE_NOT_ACCEPTING,
      origin: '57P03',
    },
    shutDownInQuery: {
      fault: 'the server is shut down in the middle of a query',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
      origin: '57P01',
    },
    terminated: {
      fault: 'an administrator ends the session in the middle of a query',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
      origin: '57P01',
    },
    killed: {
      fault: "the session's process is killed, as when the server's machine has no memory left",
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
    },
    idleTooLong: {
      fault: 'the server ends the transaction because it was idle for too long',
      outcome: 'failed',
      says: DATABASE_CONNECTION_LOST,
      origin: '25P03',
    },
    standby: {
      fault: 'the server is a standby',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    recoveryConflict: {
      fault: 'a standby cancels the reading in favour of recovery',
      outcome: 'failed',
      says: DATABASE_CONFLICT,
      origin: '40001',
    },
    tlsAlone: {
      fault: 'the server takes logins over TLS alone, and the target has turned it off',
      outcome: 'failed',
      says: DATABASE_AUTHENTICATION,
      origin: '28000',
    },
    pooler: {
      fault:
        'a pooler hands each transaction to another session, and refuses parameters that it does not know',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    poolerLeftOvers: {
      fault: 'the sessions of a pooler have settings that another client has left',
      outcome: 'sent',
      says: OUT_OF_DATE,
    },
    poolerLevel: {
      fault:
        'telemetry is off, and another client of a pooler has set it to basic for its own session',
      outcome: 'skipped',
      says: skipped('Telemetry is off, set by: database.'),
    },
    poolerOldLevel: {
      fault: 'telemetry was turned off when the sessions of a pooler had begun',
      outcome: 'skipped',
      says: skipped('Telemetry is off, set by: database.'),
    },
    poolerFull: {
      fault: 'a pooler takes no further client (max_client_conn)',
      outcome: 'failed',
      says: DATABASE_POOLER,
      origin: '08P01',
    },
    poolerByStatement: {
      fault: 'a pooler allows no transaction (pool_mode is statement)',
      outcome: 'failed',
      says: DATABASE_POOLER,
      origin: '08P01',
    },
  },
} satisfies FaultGroup;
