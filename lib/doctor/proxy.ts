/** The variables that decide on a proxy; lower case goes before upper case. */
export interface ProxySettings {
  readonly NODE_USE_ENV_PROXY?: string | undefined;
  readonly https_proxy?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
  readonly http_proxy?: string | undefined;
  readonly HTTP_PROXY?: string | undefined;
  readonly no_proxy?: string | undefined;
  readonly NO_PROXY?: string | undefined;
}

/** An entry of NO_PROXY: a host with all that is below it, and perhaps a port. */
function covers(entry: string, { hostname, port, protocol }: URL): boolean {
  const [, host = entry, ofPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
  const name = host.replace(/^\*?\./, '').toLowerCase();
  const ownPort = port === '' ? { 'http:': '80', 'https:': '443' }[protocol] : port;
  if (ofPort !== undefined && Number(ofPort) !== 0 && ofPort !== ownPort) return false;
  return hostname === name || hostname.endsWith(`.${name}`);
}

/**
 * The proxy that Node's fetch takes to a URL, by the rules of the undici in it (EnvHttpProxyAgent); undefined for the
 * direct way. Pure.
 */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  if (settings.NODE_USE_ENV_PROXY !== '1') return undefined;
  const plain = settings.http_proxy ?? settings.HTTP_PROXY;
  const secured = settings.https_proxy ?? settings.HTTPS_PROXY;
  const proxy = url.protocol === 'https:' ? secured || plain : plain;
  if (!proxy) return undefined;
  const exceptions = settings.no_proxy ?? settings.NO_PROXY ?? '';
  const isDirect =
    exceptions === '*' ||
    exceptions.split(/[,\s]/).some((entry) => entry !== '' && covers(entry, url));
  return isDirect ? undefined : new URL(proxy);
}
