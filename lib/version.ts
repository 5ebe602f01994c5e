/**
 * The alphabet of versions, and at most 64 characters: `2.23.0-dev`, `2.14.2+dfsg`, `2.9.1~ubuntu`, `2.11.1-cloud`. A control
 * file, an update script or pg_extension can hold any text; only this one is printed or logged.
 */
const VERSION_TEXT = /^[0-9A-Za-z][0-9A-Za-z.+~_-]{0,63}$/;

export function isVersionText(text: string): boolean {
  return VERSION_TEXT.test(text);
}
