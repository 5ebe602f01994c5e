/** The version of this project; it travels in `User-Agent` and `application_name`. Pinned to package.json by a test. */
export const VERSION = '0.1.0';

/** How this project introduces itself to every server it talks to. */
export const PRODUCT = `timescaledb-telemetry/${VERSION}`;
