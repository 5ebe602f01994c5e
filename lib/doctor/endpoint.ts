import { once } from 'node:events';
import { request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { type Observer, watch } from '../connection.ts';
import { RESPONSE_TIMEOUT_MS, unreachableError } from '../delivery.ts';
import { RunError } from '../errors.ts';
import { type ProxySettings, proxyFor } from './proxy.ts';
import { describeTls, type Walk } from './walk.ts';

const GOODBYE_TIMEOUT_MS = 1_000;

/** Where one has to connect to. */
interface Destination {
  readonly hostname: string;
  readonly port: number;
}

function destinationOf({ hostname, port, protocol }: URL): Destination {
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? ({ 'http:': 80, 'https:': 443 }[protocol] ?? 0) : Number(port),
  };
}

/** As fetch does: HTTP/1.1 alone, and no name asked for where there is none. */
function tlsOptions(host: string) {
  return { ALPNProtocols: ['http/1.1'], servername: isIP(host) === 0 ? host : '' };
}

/** Through TLS as far as the handshake. */
async function secure(socket: TLSSocket, walk: Walk, signal: AbortSignal): Promise<void> {
  await once(socket, 'secureConnect', { signal });
  walk.pass('endpoint-tls', { detail: describeTls(socket) });
}

function refusedBy(status: number | undefined): RunError {
  return new RunError(
    'ENDPOINT_UNREACHABLE',
    `The proxy answered ${status}, and does not let the function through to the telemetry endpoint.`,
    {
      remedy:
        'Let the proxy allow CONNECT to the host and port of the endpoint, for the subnets of the functions.',
      origin: String(status),
    },
  );
}

/** Asks a proxy to connect to the endpoint; what it gives is a way to the endpoint itself. */
async function tunnel(
  proxy: URL,
  { hostname, port }: Destination,
  observe: Observer,
  signal: AbortSignal,
): Promise<Socket> {
  const request = proxy.protocol === 'https:' ? requestOverHttps : requestOverHttp;
  const authority = `${isIP(hostname) === 6 ? `[${hostname}]` : hostname}:${port}`;
  const { hostname: host, port: proxyPort } = destinationOf(proxy);
  const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const asked = request({
    host,
    port: proxyPort,
    method: 'CONNECT',
    path: authority,
    agent: false,
    signal,
    headers: {
      host: authority,
      ...(login !== ':' && {
        'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}`,
      }),
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  asked.once('socket', (socket) => watch(socket, observe));
  asked.once('error', reject);
  asked.once('connect', ({ statusCode }, socket) => {
    if (statusCode === 200) {
      resolve(socket);
      return;
    }
    socket.destroy();
    reject(refusedBy(statusCode));
  });
  asked.end();
  return promise;
}

/** Ends a connection as is usual, so that the other side has nothing to complain of; what comes from there is not looked at. */
async function leave(socket: Socket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cut = setTimeout(() => socket.destroy(), GOODBYE_TIMEOUT_MS);
  socket.once('close', () => resolve());
  socket.resume().end();
  await promise;
  clearTimeout(cut);
}

/** The way itself, by a proxy or without. What it opens goes into `opened`. */
async function takeWay(
  walk: Walk,
  endpoint: URL,
  proxy: URL | undefined,
  signal: AbortSignal,
  opened: Socket[],
): Promise<void> {
  const first = proxy === undefined ? 'endpoint' : 'proxy';
  const observe: Observer = (milestone) => {
    if (milestone === 'resolved')
      walk.pass('endpoint-dns', { detail: `the name of the ${first} resolves` });
    if (milestone === 'connected')
      walk.pass('endpoint-tcp', { detail: `connected to the ${first}` });
  };
  const open = <S extends Socket>(socket: S): S => {
    opened.push(socket);
    socket.on('error', () => undefined);
    return socket;
  };
  const destination = destinationOf(endpoint);
  const { hostname: host, port } = destination;
  if (proxy !== undefined) {
    const socket = open(await tunnel(proxy, destination, observe, signal));
    walk.pass('proxy', { detail: 'lets through to the endpoint' });
    await secure(open(connectTls({ ...tlsOptions(host), host, socket })), walk, signal);
    return;
  }
  walk.skip('proxy', 'none: the way is direct');
  if (endpoint.protocol === 'http:') {
    walk.skip('endpoint-tls', 'plain text, on loopback');
    const socket = open(connectTcp({ host, port }));
    watch(socket, observe);
    await once(socket, 'connect', { signal });
    return;
  }
  const socket = open(connectTls({ ...tlsOptions(host), host, port }));
  watch(socket, observe);
  await secure(socket, walk, signal);
}

/**
 * Takes the way of a report as far as the endpoint's TLS, and goes back: no request is made of the endpoint, and nothing is
 * written to it once the handshake is done.
 *
 * @throws RunError ENDPOINT_* as a run that sends
 */
export async function walkToEndpoint(
  walk: Walk,
  address: string,
  settings: ProxySettings,
  signal: AbortSignal,
): Promise<void> {
  const timeout = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  const opened: Socket[] = [];
  try {
    const endpoint = new URL(address);
    const proxy = proxyFor(endpoint, settings);
    if (isIP(destinationOf(proxy ?? endpoint).hostname) !== 0) {
      walk.skip('endpoint-dns', `the ${proxy === undefined ? 'endpoint' : 'proxy'} is an address`);
    }
    await takeWay(walk, endpoint, proxy, AbortSignal.any([signal, timeout]), opened);
    const last = opened.at(-1);
    if (last !== undefined) await leave(last);
  } catch (error) {
    if (error instanceof RunError) throw error;
    throw unreachableError(timeout.aborted ? timeout.reason : error);
  } finally {
    for (const socket of opened) socket.destroy();
  }
}
