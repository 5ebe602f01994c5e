/** SQLSTATEs by their condition names. Source: PostgreSQL's documentation, appendix A. */

export const CONNECTION_EXCEPTION = '08000';
export const CONNECTION_DOES_NOT_EXIST = '08003';
export const CONNECTION_FAILURE = '08006';
/** Poolers use this code for nearly every error, temporary or not. */
export const PROTOCOL_VIOLATION = '08P01';
export const INVALID_TEXT_REPRESENTATION = '22P02';
export const IDLE_IN_TRANSACTION_SESSION_TIMEOUT = '25P03';
export const TRANSACTION_TIMEOUT = '25P04';
/** Every rejection by pg_hba.conf. */
export const INVALID_AUTHORIZATION_SPECIFICATION = '28000';
export const INVALID_PASSWORD = '28P01';
export const INVALID_CATALOG_NAME = '3D000';
export const INVALID_SCHEMA_NAME = '3F000';
export const SERIALIZATION_FAILURE = '40001';
export const DEADLOCK_DETECTED = '40P01';
export const INSUFFICIENT_PRIVILEGE = '42501';
export const UNDEFINED_COLUMN = '42703';
export const UNDEFINED_OBJECT = '42704';
export const DUPLICATE_OBJECT = '42710';
export const DATATYPE_MISMATCH = '42804';
export const WRONG_OBJECT_TYPE = '42809';
export const CANNOT_COERCE = '42846';
export const UNDEFINED_FUNCTION = '42883';
export const UNDEFINED_TABLE = '42P01';
export const INSUFFICIENT_RESOURCES = '53000';
export const DISK_FULL = '53100';
export const OUT_OF_MEMORY = '53200';
export const TOO_MANY_CONNECTIONS = '53300';
export const CONFIGURATION_LIMIT_EXCEEDED = '53400';
export const OBJECT_NOT_IN_PREREQUISITE_STATE = '55000';
export const LOCK_NOT_AVAILABLE = '55P03';
export const QUERY_CANCELED = '57014';
export const ADMIN_SHUTDOWN = '57P01';
export const CRASH_SHUTDOWN = '57P02';
export const CANNOT_CONNECT_NOW = '57P03';
export const DATABASE_DROPPED = '57P04';
export const IDLE_SESSION_TIMEOUT = '57P05';
/** The only SQLSTATE of pgcat. */
export const SYSTEM_ERROR = '58000';
export const IO_ERROR = '58030';
export const UNDEFINED_FILE = '58P01';
export const INTERNAL_ERROR = 'XX000';
export const DATA_CORRUPTED = 'XX001';
export const INDEX_CORRUPTED = 'XX002';
