import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Delivery } from '../config/send-report-config.ts';
import { RESPONSE_TIMEOUT_MS, unreachableError } from '../delivery/errors.ts';
import { openRequest } from '../delivery/request.ts';
import { tlsFaultOf } from '../network/tls-faults.ts';
import { observeSocket, type SocketEvent, tlsDetails } from '../postgres/socket.ts';
import { type Checklist, describeTls } from './checklist.ts';

const CLOSE_TIMEOUT_MS = 1_000;

/** The variables that name a proxy; Node reads them if NODE_USE_ENV_PROXY is 1. */
export interface ProxySettings {
  readonly https_proxy?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
}

/** Returns the proxy that Node uses: lower case before upper case; an empty value means none. */
function proxyOf({ https_proxy, HTTPS_PROXY }: ProxySettings): string {
  return [https_proxy, HTTPS_PROXY].find(Boolean) ?? '';
}

function isAddress(url: string): boolean {
  return URL.canParse(url) && isIP(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/**
 * Closes a connection gracefully, so that the other side logs no error, and ignores all data that still arrives. A
 * server that requires a client certificate rejects the connection only now: in TLS 1.3 the client's handshake is over
 * before the server has checked it.
 *
 * @throws the TLS error of the other side
 */
async function closeGracefully(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', (error) => {
    if (tlsFaultOf(error) !== undefined) reject(error);
  });
  const timer = setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS);
  socket.once('close', () => resolve());
  socket.resume().end();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** The connection of one check. */
interface Route {
  /** The connection uses no proxy. Known once the request has its socket. */
  isDirect: boolean;
  readonly sockets: Socket[];
}

/** Turns the events of the first socket, to the endpoint or to a proxy, into stages. */
function observeRoute(checklist: Checklist, route: Route): (event: SocketEvent) => void {
  const peer = () => (route.isDirect ? 'endpoint' : 'proxy');
  return (event) => {
    switch (event.type) {
      case 'name-resolved':
        checklist.pass('endpoint-dns', { detail: `the name of the ${peer()} resolves` });
        break;
      case 'connected':
        if (!checklist.isDone('endpoint-dns')) {
          checklist.skip('endpoint-dns', `the ${peer()} is an address`);
        }
        checklist.pass('endpoint-tcp', { detail: `connected to the ${peer()}` });
        break;
      case 'tls-established':
        if (route.isDirect) checklist.pass('endpoint-tls', { detail: describeTls(event.tls) });
        break;
    }
  };
}

/** Opens the request of a run without ending it: Node writes nothing before that. */
async function connect(
  checklist: Checklist,
  endpoint: string,
  signal: AbortSignal,
  route: Route,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const observe = observeRoute(checklist, route);
  const request = openRequest(endpoint, signal, reject, (socket) => {
    route.sockets.push(socket);
    observeSocket(socket, observe);
  });
  request.once('socket', (socket) => {
    route.isDirect = socket.connecting;
    if (!route.isDirect) {
      // The tunnel and TLS inside it are ready; their durations cannot be told apart.
      checklist.pass('proxy', { detail: 'connects to the endpoint; its time includes TLS' });
      if (socket instanceof TLSSocket) {
        checklist.pass('endpoint-tls', { detail: describeTls(tlsDetails(socket)), ms: null });
      }
      resolve(socket);
      return;
    }
    checklist.skip('proxy', 'no proxy: the connection is direct');
    const isPlain = !(socket instanceof TLSSocket);
    if (isPlain) checklist.skip('endpoint-tls', 'plain text on loopback');
    socket.once(isPlain ? 'connect' : 'secureConnect', () => resolve(socket));
  });
  return promise;
}

/** Adds the results that an error proves for the stages before the failed one. */
function inferPassedStages(
  checklist: Checklist,
  error: unknown,
  { isDirect }: Route,
  firstUrl: string,
): void {
  if (!checklist.isDone('endpoint-dns') && isAddress(firstUrl)) {
    checklist.skip('endpoint-dns', `the ${isDirect ? 'endpoint' : 'proxy'} is an address`);
  }
  if (!isDirect && checklist.isDone('endpoint-tcp') && tlsFaultOf(error) !== undefined) {
    checklist.pass('proxy', { detail: 'connects to the endpoint' });
  }
}

/**
 * Connects to the endpoint by the request of a run, up to and including TLS, and closes the connection. Nothing is written
 * after the handshake.
 *
 * @throws RunError ENDPOINT_*, as a run that sends
 */
export async function checkEndpoint(
  checklist: Checklist,
  { endpoint }: Delivery,
  proxies: ProxySettings,
  signal: AbortSignal,
): Promise<void> {
  const timeout = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  const route: Route = { isDirect: false, sockets: [] };
  checklist.elapsed();
  try {
    await closeGracefully(
      await connect(checklist, endpoint, AbortSignal.any([signal, timeout]), route),
    );
  } catch (error) {
    inferPassedStages(checklist, error, route, route.isDirect ? endpoint : proxyOf(proxies));
    throw unreachableError(error);
  } finally {
    for (const socket of route.sockets) socket.destroy();
  }
}
