/** Hostname of a URL on loopback. */
export const LOOPBACK = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** Describes a valid endpoint. */
export const ENDPOINT_FORM =
  'must be an https:// URL without credentials or fragment (http:// on loopback only)';

/** Whether a URL is https, or http on loopback, without credentials and fragment. */
export function isEndpoint(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '' || url.hash !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
}
