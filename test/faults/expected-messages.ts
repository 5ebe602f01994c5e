import type { ErrorCode } from '../../lib/errors.ts';
import type { ExpectedMessage } from './rows/fault.ts';

/**
 * Messages and remedies of the log, literally. They are repeated here and not imported, so that a message cannot change
 * unnoticed: operators search for it, or have an alarm on it.
 */
function expectedMessage(code: ErrorCode, message: string, remedy: string): ExpectedMessage {
  return { code, message, remedy };
}

export const SECRET_NOT_FOUND = expectedMessage(
  'SECRET_NOT_FOUND',
  'Secrets Manager has no such secret.',
  "Check that secretId is the name or the full ARN of the secret, that the secret is in the function's region, and that one of its versions is AWSCURRENT.",
);

export const SECRET_DENIED = expectedMessage(
  'SECRET_DENIED',
  'Permission denied: the function cannot read the secret, or has no AWS credentials.',
  "Grant secretsmanager:GetSecretValue on this secret, and kms:Decrypt on its key if it is customer-managed, to the function's role.",
);

export const SECRET_UNREADABLE = expectedMessage(
  'SECRET_UNREADABLE',
  'Secrets Manager cannot return the secret: it may be scheduled for deletion, have no value, or have a disabled key.',
  'Check the secret and the state of its KMS key.',
);

export const SECRET_UNAVAILABLE = expectedMessage(
  'SECRET_UNAVAILABLE',
  'Secrets Manager did not answer in time, or is overloaded.',
  'Give a function in a private subnet an interface endpoint for Secrets Manager, or a NAT gateway. The run will be retried automatically.',
);

export const secretInvalid = (problem: string): ExpectedMessage =>
  expectedMessage(
    'SECRET_INVALID',
    `The secret is invalid: ${problem}.`,
    'Store JSON with username and password (and host, port and dbname, unless the target has host and database), or a postgres:// URL, as SecretString.',
  );

export const WORKER_DENIED = expectedMessage(
  'WORKER_DENIED',
  'Permission denied: the function may not invoke the worker, or has no valid AWS credentials.',
  "Wait for the end of a deployment. Otherwise grant lambda:InvokeFunction on the worker to the function's role. The run will be retried automatically.",
);

export const WORKER_THROTTLED = expectedMessage(
  'WORKER_THROTTLED',
  'Lambda did not run the worker: too many functions are running, or its reserved concurrency is 0.',
  "Check the account's limit of concurrent executions and the worker's reserved concurrency. The run will be retried automatically.",
);

export const WORKER_MISSING = expectedMessage(
  'WORKER_UNAVAILABLE',
  'The worker does not exist in this region.',
  'Deploy the environment again, or correct functionArn in WORKER. The run will be retried automatically.',
);

export const WORKER_NOT_READY = expectedMessage(
  'WORKER_UNAVAILABLE',
  'Lambda cannot run the worker yet: it is idle, or is being created or updated.',
  'Wait a minute, and invoke the function again: Lambda refuses a function in a VPC once after weeks without an invocation. The run will be retried automatically.',
);

export const WORKER_UNAVAILABLE = expectedMessage(
  'WORKER_UNAVAILABLE',
  'Lambda did not run the worker, or its answer was lost.',
  'Check the state of the worker, its subnets and its security group in the console of Lambda. The worker may have run all the same: after a change, a dry run shows what is left. The run will be retried automatically.',
);

export const workerFailed = (reason: string): ExpectedMessage =>
  expectedMessage(
    'WORKER_FAILED',
    `The worker ended without an answer: ${reason}.`,
    "Read the log of the worker: Lambda's own line has the reason. The worker may have run all the same: after a change, a dry run shows what is left. The run will be retried automatically.",
  );

export const WORKER_VERSION = expectedMessage(
  'WORKER_VERSION',
  'The answer of the worker is of another version.',
  'Deploy the environment again, so that the worker and the function that invokes it are of one version. Nothing was sent. The run will be retried automatically.',
);

export const workerAnswerInvalid = (problem: string): ExpectedMessage =>
  expectedMessage(
    'WORKER_ANSWER_INVALID',
    `The answer of the worker is not used: ${problem}. Nothing was sent.`,
    "Deploy the environment again. If the error persists, find out who can change the worker's code: its answer contradicts itself. After a change, a dry run shows what was applied.",
  );

export const DATABASE_AUTHENTICATION = expectedMessage(
  'DATABASE_AUTHENTICATION',
  'The server rejected the login: wrong user or password, a role without LOGIN, or no matching line in pg_hba.conf.',
  'Compare user and password with the role on the server, and check pg_hba.conf, which may require TLS (hostssl). If the secret has another version, that was tried too.',
);

export const DATABASE_UNRESOLVED = expectedMessage(
  'DATABASE_UNREACHABLE',
  'The host name of the database server does not resolve.',
  'Check the spelling of host, and the DNS of the VPC: DNS support, private zones and resolver rules.',
);

export const DATABASE_REFUSED = expectedMessage(
  'DATABASE_UNREACHABLE',
  'No server accepts connections at this host and port.',
  'Check host and port, that the server is running, and that it does not listen on localhost alone (listen_addresses).',
);

export const DATABASE_UNRESPONSIVE = expectedMessage(
  'DATABASE_UNREACHABLE',
  'The server at this host and port accepts connections, but sends no data.',
  'Check that the port is that of PostgreSQL. The server, or a pooler or load balancer before it, may hang.',
);

export const DATABASE_CONNECTION_RESET = expectedMessage(
  'DATABASE_UNREACHABLE',
  'The connection to the database server was closed before the login was complete.',
  'Check host and port, that the server is running, and whether a proxy, a pooler or a firewall refuses the connection.',
);

export const DATABASE_BUSY = expectedMessage(
  'DATABASE_BUSY',
  'The server has no resources left for this session: too many connections, or no memory or disk space.',
  'Check the SQLSTATE if this repeats: connections (53300; also a CONNECTION LIMIT of the role or the database), memory (53200) or disk space (53100). The run will be retried automatically.',
);

export const DATABASE_NOT_ACCEPTING = expectedMessage(
  'DATABASE_BUSY',
  'The server accepts no connections at the moment: it is starting, stopping or recovering.',
  'Wait for the server: the run will be retried automatically. Report from the primary if this is a standby with hot_standby off, which never accepts connections.',
);

export const DATABASE_CONNECTION_LOST = expectedMessage(
  'DATABASE_CONNECTION_LOST',
  'The connection to the database ended during the run: the server, a pooler or the network closed it.',
  "Check the server's log if this repeats. Nothing was left open, and the run will be retried automatically.",
);

export const DATABASE_POOLER = expectedMessage(
  'DATABASE_CONNECTION_LOST',
  'The server, or more likely a pooler before it, refused or ended the session.',
  "Check the pooler's log: it may have no connection left, not know the database or the user, or use statement pooling, which allows no transactions. The run will be retried automatically.",
);

export const DATABASE_STALLED = expectedMessage(
  'DATABASE_UNREACHABLE',
  'The server started the login and did not complete it within 10 s.',
  'Check the logs of the server and of a pooler before it: the pooler may be waiting for the server, or for its own login there (PgBouncer: server_login_retry). The run will be retried automatically.',
);

export const POOLER_REJECTS = expectedMessage(
  'DATABASE_AUTHENTICATION',
  'A pooler before the server, or the server itself, rejected the login: wrong user or password.',
  "Compare user and password with the role on the server and with the pooler's user list, which may contain an old password (PgBouncer: userlist.txt or auth_query; Pgpool-II: pool_passwd). If the secret has another version, that was tried too.",
);

export const POOLER_WITHOUT_DATABASE = expectedMessage(
  'DATABASE_MISSING',
  'The pooler before the server has no database of this name.',
  "Correct dbname in the secret or database in the target, or add the database to the pooler's configuration.",
);

export const AUTHENTICATION_UNSUPPORTED = expectedMessage(
  'DATABASE_AUTHENTICATION_UNSUPPORTED',
  'The server requires an authentication method that this client does not support, such as GSSAPI, SSPI or OAuth.',
  'Add a line with the method scram-sha-256 for the role to pg_hba.conf, before the line with the other method.',
);

export const CLEAR_TEXT_REFUSED = expectedMessage(
  'DATABASE_AUTHENTICATION_UNSUPPORTED',
  'The server requests the password in clear text on a connection that others could read. The password was not sent.',
  'Use scram-sha-256 on the server (pg_hba.conf) or in the pooler (PgBouncer: auth_type), or TLS with verify-full.',
);

export const CHANGED_CONCURRENTLY = expectedMessage(
  'DATABASE_CONFLICT',
  'Another session changed or dropped an object while it was in use, as ALTER EXTENSION UPDATE and DROP do.',
  "Wait until the change on the server is complete: the run will be retried automatically. Check the server's log if the error persists: the catalogs may be damaged.",
);

export const DATABASE_CONFLICT = expectedMessage(
  'DATABASE_CONFLICT',
  'The server canceled a statement because of a conflict: with recovery on a standby, or with another session.',
  'Raise max_standby_streaming_delay on the standby, or report from the primary, if this repeats. The run will be retried automatically.',
);

export const DATABASE_TLS_UNSUPPORTED = expectedMessage(
  'DATABASE_TLS_UNSUPPORTED',
  'TLS is required, and the server offers none that this client accepts.',
  'Turn on ssl on the server, with TLS 1.2 or later. Only if the network path is private, set tls.mode to disable in the target: the login and the report are then sent in plain text.',
);

export const CERTIFICATE_UNTRUSTED = expectedMessage(
  'DATABASE_TLS_UNVERIFIED',
  "The database server's certificate does not verify: no trusted certificate authority has signed it.",
  'Put the PEM of its certificate authority into the key ca of the secret or into tls.caFile.',
);

export const CERTIFICATE_MISNAMED = expectedMessage(
  'DATABASE_TLS_UNVERIFIED',
  "The database server's certificate does not verify: it is for another name.",
  'Connect to a name in the certificate, or set tls.serverName if the host is an address, a tunnel or a load balancer.',
);

export const CERTIFICATE_OUT_OF_DATE = expectedMessage(
  'DATABASE_TLS_UNVERIFIED',
  "The database server's certificate does not verify: it, or its certificate authority, has expired or is not valid yet.",
  'Renew the certificate on the server. If the authority has expired, replace it in the secret or in tls.caFile, too.',
);

export const CERTIFICATE_WEAK = expectedMessage(
  'DATABASE_TLS_UNVERIFIED',
  "The database server's certificate does not verify: its key or its signature, or that of its certificate authority, is too weak.",
  'Issue a certificate with an RSA key of at least 2048 bits or an EC key of at least 256 bits, signed with SHA-256 or better. If the authority is the weak one, replace it in the secret or in tls.caFile, too.',
);

export const CERTIFICATE_WRONG_PURPOSE = expectedMessage(
  'DATABASE_TLS_UNVERIFIED',
  "The database server's certificate does not verify: it is not valid for servers.",
  'Issue a certificate whose extended key usage contains serverAuth, or that has none.',
);

export const CLIENT_CERTIFICATE_REQUIRED = expectedMessage(
  'DATABASE_TLS_REFUSED',
  'The server, or a proxy before it, requires a client certificate, and this client has none.',
  "Remove clientcert, or the method cert, from the role's line in pg_hba.conf, or the same requirement from the proxy's settings; client certificates are not supported. TLS and the password still protect the login.",
);

export const HANDSHAKE_REJECTED = expectedMessage(
  'DATABASE_TLS_REFUSED',
  'The server ended the TLS handshake with an alert: it shares no cipher, curve or signature algorithm with this client, or it requires a client certificate, which this client does not have.',
  "Allow TLS 1.2 or later with the ciphers and curves of current clients on the server (ssl_ciphers, ssl_groups, the certificate's curve), and require no client certificate from this role.",
);

export const SERVER_NAME_UNKNOWN = expectedMessage(
  'DATABASE_TLS_REFUSED',
  'The server, or a proxy before it, has no certificate for the requested server name.',
  'Set tls.serverName to a name in its certificate.',
);

export const KEY_EXCHANGE_WEAK = expectedMessage(
  'DATABASE_TLS_REFUSED',
  "The server's TLS key exchange or signature algorithm is too weak for this client.",
  'Configure ciphers with ECDHE on the server (ssl_ciphers), or Diffie-Hellman parameters of at least 2048 bits (ssl_dh_params_file).',
);

export const DATABASE_MISSING = expectedMessage(
  'DATABASE_MISSING',
  'The server has no database of this name.',
  'Correct dbname in the secret or database in the target, or remove the target.',
);

export const DATABASE_PERMISSION = expectedMessage(
  'DATABASE_PERMISSION',
  'The role lacks a privilege that PostgreSQL or TimescaleDB grant to every role.',
  'Grant CONNECT on the database, and USAGE and SELECT on TimescaleDB\'s catalogs if they were revoked from PUBLIC. Remove row-level security from the catalogs. See "The role" in docs/deploying.md.',
);

export const DATABASE_STATEMENT_TIMEOUT = expectedMessage(
  'DATABASE_STATEMENT_TIMEOUT',
  'A statement reached its time limit on the server, or an administrator canceled it.',
  "Set sizes to 'estimated' in the target if the database has very many relations. The server may be busy; the run will be retried automatically.",
);

export const CATALOG_LOCKED = expectedMessage(
  'CATALOG_LOCKED',
  "Another session has locked a catalog table, so the database's state cannot be read.",
  'Search pg_locks for a long ALTER EXTENSION, VACUUM FULL or LOCK on the catalogs. The run will be retried automatically.',
);

export const CATALOG_UNEXPECTED = expectedMessage(
  'CATALOG_UNEXPECTED',
  "TimescaleDB's catalogs do not match the version in pg_extension; the extension may be only partly upgraded.",
  'Compare pg_extension with the library on disk, and complete the upgrade with ALTER EXTENSION timescaledb UPDATE in a new session.',
);

export const DATABASE_ERROR = expectedMessage(
  'DATABASE_ERROR',
  'The server returned an error.',
  "Look up the SQLSTATE in appendix A of PostgreSQL's documentation; the log level DEBUG (logLevel of the environment) shows the server's own message.",
);

export const DATABASE_NOT_POSTGRESQL = expectedMessage(
  'DATABASE_NOT_POSTGRESQL',
  'The server at this host and port is not PostgreSQL.',
  'Check host and port in the secret and in the target.',
);

export const EXTENSION_MISSING = expectedMessage(
  'EXTENSION_MISSING',
  'TimescaleDB is not installed in this database.',
  'Point the target at the database in which CREATE EXTENSION timescaledb was executed, or remove the target.',
);

export const DATABASE_DAMAGED = expectedMessage(
  'DATABASE_DAMAGED',
  'The server reports damaged data, or a disk that it cannot read.',
  "Check the server's log and its disks now, and make sure that a backup exists. This run only read data.",
);

export const CONNECTIONS_NOT_ALLOWED = expectedMessage(
  'DATABASE_ERROR',
  'The database accepts no connections, or DROP DATABASE was interrupted.',
  'Run ALTER DATABASE … ALLOW_CONNECTIONS true, or remove the target.',
);

export const SESSION_FAILED = expectedMessage(
  'DATABASE_ERROR',
  'The server cannot start a session: a required file is missing, such as a library that a setting names.',
  "Compare session_preload_libraries and local_preload_libraries, also those of the role and of the database, with the files on the server's disk.",
);

export const CATALOG_REPLACED = expectedMessage(
  'CATALOG_UNEXPECTED',
  "A catalog table of TimescaleDB was replaced by something else, such as a view. It was not read, because its code would run with this login's rights.",
  'If an upgrade was interrupted, finish it with ALTER EXTENSION timescaledb UPDATE in a new session. Otherwise find out who replaced the table.',
);

export const catalogAnswered = (problem: string): ExpectedMessage =>
  expectedMessage(
    'CATALOG_UNEXPECTED',
    `The server's answer to the query for the facts has an unexpected form: the facts ${problem}.`,
    'Compare pg_extension with the library on disk: the catalogs may be damaged or only partly upgraded. Report a bug if the two agree.',
  );

export const VERSION_TOO_OLD = expectedMessage(
  'VERSION_UNSUPPORTED',
  'TimescaleDB 0.11.0 has no telemetry; the first release with telemetry is 0.12.0.',
  'Upgrade the extension, or remove the target. Nothing was sent.',
);

export const VERSION_UNREADABLE = expectedMessage(
  'VERSION_UNSUPPORTED',
  'The version of TimescaleDB in pg_extension cannot be parsed, so its catalogs are unknown.',
  'Install a release of the extension, or remove the target. Nothing was sent.',
);

export const REPORT_TOO_LARGE = expectedMessage(
  'REPORT_TOO_LARGE',
  'The report has … bytes, and the limit is 1048576 bytes. Nothing was sent.',
  "Look at the rows of TimescaleDB's metadata with include_in_telemetry, which are sent as they are. Shorten them, or remove the flag.",
);

export const reportUnpublished = (problem: string): ExpectedMessage =>
  expectedMessage(
    'REPORT_UNPUBLISHED',
    `The report does not match the published list for this release: ${problem}.`,
    "Nothing was sent. Compare the named fields with docs/report-fields.md and the server's catalogs, and report the difference: the catalogs may be damaged, or timescaledb-telemetry has a defect.",
  );

export const ENDPOINT_UNREACHABLE = expectedMessage(
  'ENDPOINT_UNREACHABLE',
  'The telemetry endpoint cannot be reached, or it closed the connection.',
  'Check NAT gateway or proxy, security group and name resolution. The run will be retried automatically.',
);

export const ENDPOINT_TLS = expectedMessage(
  'ENDPOINT_TLS',
  'TLS with the telemetry endpoint failed: its certificate does not verify, or it supports no TLS version that this client accepts.',
  "Exempt the endpoint from TLS inspection, or trust its authority with NODE_EXTRA_CA_CERTS where you set the function's environment yourself. Check the certificate of your own collector. The report was not sent.",
);

export const ENDPOINT_CERTIFICATE_WEAK = expectedMessage(
  'ENDPOINT_TLS',
  "TLS with the telemetry endpoint, or with a proxy before it, failed: the key or the signature of its certificate, or of the certificate's authority, is too weak.",
  'Issue a certificate with an RSA key of at least 2048 bits or an EC key of at least 256 bits, signed with SHA-256 or better. Replace the authority if it is the weak one. The report was not sent.',
);

export const ENDPOINT_CERTIFICATE_WRONG_PURPOSE = expectedMessage(
  'ENDPOINT_TLS',
  'TLS with the telemetry endpoint, or with a proxy before it, failed: its certificate is not valid for servers.',
  'Issue a certificate whose extended key usage contains serverAuth, or that has none. The report was not sent.',
);

export const ENDPOINT_CLIENT_CERTIFICATE_REQUIRED = expectedMessage(
  'ENDPOINT_TLS',
  'The telemetry endpoint, or a proxy before it, requires a client certificate, and this client has none.',
  'Accept connections without a client certificate on your collector or proxy; client certificates are not supported. The endpoint has not accepted the report.',
);

export const ENDPOINT_HANDSHAKE_REJECTED = expectedMessage(
  'ENDPOINT_TLS',
  'The telemetry endpoint, or a proxy before it, ended the TLS handshake with an alert: it shares no cipher, curve or signature algorithm with this client, or it requires a client certificate, which this client does not have.',
  'Allow TLS 1.2 or later with the ciphers and curves of current clients, and no client certificate, on your collector or proxy. The report was not sent.',
);

export const ENDPOINT_KEY_EXCHANGE_WEAK = expectedMessage(
  'ENDPOINT_TLS',
  'TLS with the telemetry endpoint, or with a proxy before it, failed: its key exchange or its signature algorithm is too weak.',
  'Use ECDHE, or Diffie-Hellman parameters of at least 2048 bits, on your collector or proxy. The report was not sent.',
);

export const ENDPOINT_TIMEOUT = expectedMessage(
  'ENDPOINT_TIMEOUT',
  'The telemetry endpoint did not answer within 10 s.',
  'Give a function in a private subnet a NAT gateway or a proxy (HTTPS_PROXY with NODE_USE_ENV_PROXY=1). The run will be retried automatically.',
);

export const endpointRedirected = (status: number): ExpectedMessage =>
  expectedMessage(
    'ENDPOINT_REDIRECTED',
    `The telemetry endpoint answered with a redirect (${status}). Redirects are not followed.`,
    'Set the endpoint in DELIVERY to the final address.',
  );

export const endpointRejected = (status: number): ExpectedMessage =>
  expectedMessage(
    'ENDPOINT_REJECTED',
    `telemetry got unexpected HTTP response status: ${status}`,
    'Check the endpoint in DELIVERY, and whether a proxy refuses the request.',
  );

export const endpointUnavailable = (status: number): ExpectedMessage =>
  expectedMessage(
    'ENDPOINT_UNAVAILABLE',
    `telemetry got unexpected HTTP response status: ${status}`,
    'Wait: the endpoint is overloaded or broken. The run will be retried automatically.',
  );

const AFTER_TIME_LIMIT = {
  credentials: 'Nothing was read or sent.',
  worker:
    'The worker ends at its own time limit. Nothing was sent; a change may have been applied in part.',
  connection: 'The connection was closed. Nothing was read or sent.',
  database: 'The connection was closed. Nothing was sent or changed.',
  delivery: 'The report may still have arrived.',
} as const;

export const timeLimit = (phase: keyof typeof AFTER_TIME_LIMIT): ExpectedMessage =>
  expectedMessage(
    'TIME_LIMIT',
    `The phase "${phase}" exceeded its time limit of … s; the limit of the run is … s.`,
    `Check the service that this phase waits for. ${AFTER_TIME_LIMIT[phase]}`,
  );

/** The report was sent, and the version was judged as for every test database. */
export const OUT_OF_DATE: ExpectedMessage = {
  message: 'the "timescaledb" extension is not up-to-date',
};

/** The report was sent, and the message contains the reason why the reply is unusable. */
export const replyUnreadable = (
  why: 'too large' | 'too slow' | 'connection lost',
): ExpectedMessage => ({
  message: `telemetry error: incomplete HTTP response (${why})`,
});

export const REPLY_MALFORMED: ExpectedMessage = { message: 'malformed telemetry response body' };

export const replyWithoutVersion = (reason: string): ExpectedMessage => ({
  message: `server did not return a valid TimescaleDB version: ${reason}`,
});

export const configInvalid = (...problems: readonly string[]): ExpectedMessage =>
  expectedMessage(
    'CONFIG_INVALID',
    `The function's configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}: ${problems.join('; ')}.`,
    "Correct the function's environment variables; the deployment of this target's environment sets them.",
  );

/** Consent is denied, and nothing is sent. */
export const skipped = (why: string): ExpectedMessage => ({ message: why });

export const AUTHORITY_UNREADABLE = expectedMessage(
  'CONFIG_INVALID',
  'The file that tls.caFile names cannot be read.',
  "Ship the PEM with the function, and give its path relative to the function's root.",
);

export const AUTHORITY_NO_PEM = expectedMessage(
  'CONFIG_INVALID',
  'The file that tls.caFile names is not a certificate in PEM.',
  'Ship one certificate or several, each between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.',
);

export const LEVEL_UNREADABLE: ExpectedMessage = {
  message:
    'The telemetry level cannot be read: the extension has telemetry, but its library is not loaded in this session.',
  remedy:
    'Add timescaledb to shared_preload_libraries, and restart the server (a pooled session may also be older than the setting).',
};

export const JOB_PAUSED_BY_NEXT_START: ExpectedMessage = {
  message: 'The telemetry job is paused: its next_start is infinity.',
  remedy:
    'Run SELECT alter_job(<id of the telemetry job>, next_start => now()) to turn telemetry on.',
};

export const RESTORING: ExpectedMessage = {
  message: 'A dump is being restored into this database: timescaledb.restoring is on.',
  remedy: 'Run SELECT timescaledb_post_restore() when the restore is complete.',
};

export const JOB_PAUSED: ExpectedMessage = {
  message: 'The telemetry job is not scheduled.',
  remedy:
    'Run SELECT alter_job(<id of the telemetry job>, scheduled => true) to turn telemetry on.',
};

export const JOB_REMOVED: ExpectedMessage = {
  message: 'The telemetry job was removed from the job catalog.',
  remedy:
    "Add the telemetry job again to turn telemetry on; the extension's next update also adds it.",
};

export const NEVER_DUE: ExpectedMessage = {
  message: 'The telemetry job is never due: its schedule_interval or initial_start is infinite.',
};

export const eventInvalid = (...problems: readonly string[]): ExpectedMessage =>
  expectedMessage(
    'EVENT_INVALID',
    `The event is invalid: ${problems.join('; ')}.`,
    'Send {} for a run now, { "scheduledTime": "<ISO 8601>" } for a scheduled run, or { "check": true }. Nothing was read or sent.',
  );

export const DO_NOT_TRACK_DENIAL: ExpectedMessage = {
  message: 'DO_NOT_TRACK is set.',
  remedy:
    "Remove DO_NOT_TRACK from the function's environment, or set it to 0, to turn telemetry on.",
};

/** The run has no summary line. The invocation has an error of Lambda, which is in its on-failure record. */
export const KILLED: ExpectedMessage = {
  message: 'The process ended before the handler returned.',
  remedy:
    "Check Lambda's own log line for the reason (a timeout, or no memory: give the function more). There is no summary line; the alarm final-failures is raised, and the next tick runs as usual.",
};

/** Numbers and times are replaced by `…`. */
export const NOT_DUE: ExpectedMessage = {
  message: 'The telemetry job is not due: it runs every … hours, next at …-…-…T…:…:…Z.',
};

export const RECORD_NOT_WRITTEN = expectedMessage(
  'RECORD_NOT_WRITTEN',
  'The run could not be recorded in the bucket.',
  "Check that the bucket of the record exists in the function's region. Allow the function's role s3:PutObject on the prefix of its database, and kms:GenerateDataKey on a customer-managed key of the bucket; a private subnet needs an S3 gateway endpoint, which is free. The outcome of the run is not affected.",
);

export const RECORD_DENIED = expectedMessage(
  'RECORD_DENIED',
  'S3 refused a request for the record or for the results.',
  "Check that the bucket exists in the function's region. Allow the function's role s3:ListBucket on the prefix runs/ of its environment, s3:GetObject on the objects below it, s3:GetObject and s3:PutObject on fleet/ of its environment, and kms:Decrypt and kms:GenerateDataKey on a customer-managed key of the bucket. Then invoke the function again.",
);

export const RECORD_UNAVAILABLE = expectedMessage(
  'RECORD_UNAVAILABLE',
  'S3 did not answer a request for the record.',
  'Invoke the function again. The next report reads what this one has not read.',
);

export const FLEET_STATE_CONFLICT = expectedMessage(
  'FLEET_STATE_CONFLICT',
  'Other reports of this environment wrote their states at the same time, three times.',
  'Invoke the function again when no other invocation of it is running.',
);

export const NOTIFICATION_NOT_SENT = expectedMessage(
  'NOTIFICATION_NOT_SENT',
  'A notification could not be published to the topic. The next report publishes it again.',
  "Check that the topic exists. Allow the function's role sns:Publish on it, and kms:Decrypt and kms:GenerateDataKey on its key if it is encrypted.",
);

/** The fleet of one database without a condition. */
export const FLEET_FOLDED: ExpectedMessage = {
  message:
    '1 database: broken 0 of 1, vulnerable 0 of 1, silent 0 of 1, withheld 0 of 1, behind 0 of 1.',
};
