import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Delivery } from '../config/send-report-config.ts';
import { openRequest, RESPONSE_TIMEOUT_MS, unreachableError } from '../delivery/deliver.ts';
import { tlsFaultOf } from '../network/tls-faults.ts';
import { type Observer, watch } from '../postgres/socket.ts';
import { describeTls, type Walk } from './checklist.ts';

const GOODBYE_TIMEOUT_MS = 1_000;

/** The variables that name a proxy; Node reads them where NODE_USE_ENV_PROXY is 1. */
export interface ProxySettings {
  readonly https_proxy?: string | undefined;
  readonly HTTPS_PROXY?: string | undefined;
}

/** The proxy that Node takes: the lower case before the upper case, an empty one as none. */
function proxyOf({ https_proxy, HTTPS_PROXY }: ProxySettings): string {
  return [https_proxy, HTTPS_PROXY].find(Boolean) ?? '';
}

function isAddress(url: string): boolean {
  return URL.canParse(url) && isIP(new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/**
 * Ends a connection as is usual, so that the other side has nothing to printErrors of; what comes from there is not looked at. A
 * server that requires a client certificate says so only now: in TLS 1.3 the client's handshake is done before.
 *
 * @throws what TLS has thrown
 */
async function leave(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', (error) => {
    if (tlsFaultOf(error) !== undefined) reject(error);
  });
  const cut = setTimeout(() => socket.destroy(), GOODBYE_TIMEOUT_MS);
  socket.once('close', () => resolve());
  socket.resume().end();
  try {
    await promise;
  } finally {
    clearTimeout(cut);
  }
}

/** What is known of the way while it is taken. */
interface Way {
  /** Without a proxy; a request has its socket early then. */
  isDirect: boolean;
  readonly sockets: Socket[];
}

/** Turns the milestones of the first socket, to the endpoint or to a proxy, into stages. */
function observer(walk: Walk, way: Way): Observer {
  const first = () => (way.isDirect ? 'endpoint' : 'proxy');
  return (milestone, secured) => {
    if (milestone === 'resolved') {
      walk.pass('endpoint-dns', { detail: `the name of the ${first()} resolves` });
    }
    if (milestone === 'connected') {
      if (!walk.isDone('endpoint-dns')) {
        walk.skip('endpoint-dns', `the ${first()} is an address`);
      }
      walk.pass('endpoint-tcp', { detail: `connected to the ${first()}` });
    }
    if (milestone === 'secured' && way.isDirect && secured !== undefined) {
      walk.pass('endpoint-tls', { detail: describeTls(secured) });
    }
  };
}

/** Opens the request of a run, which Node begins to write when it is ended, and never ends it. */
async function connect(
  walk: Walk,
  endpoint: string,
  signal: AbortSignal,
  way: Way,
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const observe = observer(walk, way);
  const request = openRequest(endpoint, signal, reject, (socket) => {
    way.sockets.push(socket);
    watch(socket, observe);
  });
  request.once('socket', (socket) => {
    way.isDirect = socket.connecting;
    if (!way.isDirect) {
      // The tunnel is there, and TLS in it: which took how long, nobody tells.
      walk.pass('proxy', { detail: 'lets through to the endpoint; the time has its TLS in it' });
      if (socket instanceof TLSSocket) {
        walk.pass('endpoint-tls', { detail: describeTls(socket), ms: null });
      }
      resolve(socket);
      return;
    }
    walk.skip('proxy', 'none: the way is direct');
    const isPlain = !(socket instanceof TLSSocket);
    if (isPlain) walk.skip('endpoint-tls', 'plain text, on loopback');
    socket.once(isPlain ? 'connect' : 'secureConnect', () => resolve(socket));
  });
  return promise;
}

/** What an error says of the stages before the broken one. */
function credit(walk: Walk, error: unknown, { isDirect }: Way, first: string): void {
  if (!walk.isDone('endpoint-dns') && isAddress(first)) {
    walk.skip('endpoint-dns', `the ${isDirect ? 'endpoint' : 'proxy'} is an address`);
  }
  if (!isDirect && walk.isDone('endpoint-tcp') && tlsFaultOf(error) !== undefined) {
    walk.pass('proxy', { detail: 'lets through to the endpoint' });
  }
}

/**
 * Takes the way of a report, by the request of a run, as far as the endpoint's TLS, and goes back: the request is never
 * begun, and nothing is written to the endpoint once the handshake is done.
 *
 * @throws RunError ENDPOINT_* as a run that sends
 */
export async function walkToEndpoint(
  walk: Walk,
  { endpoint }: Delivery,
  proxies: ProxySettings,
  signal: AbortSignal,
): Promise<void> {
  const timeout = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  const way: Way = { isDirect: false, sockets: [] };
  walk.lap();
  try {
    await leave(await connect(walk, endpoint, AbortSignal.any([signal, timeout]), way));
  } catch (error) {
    credit(walk, error, way, way.isDirect ? endpoint : proxyOf(proxies));
    throw unreachableError(error);
  } finally {
    for (const socket of way.sockets) socket.destroy();
  }
}
