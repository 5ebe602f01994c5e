/** Version of this project, sent in `User-Agent` and `application_name`. A test compares it with package.json. */
export const VERSION = '0.1.0';

/** Product name and version for `User-Agent` and `application_name`. */
export const PRODUCT = `timescaledb-telemetry/${VERSION}`;
