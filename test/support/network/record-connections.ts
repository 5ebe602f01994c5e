import dns from 'node:dns';
import { Socket } from 'node:net';

/**
 * Preloaded into the process of a function: writes each name that the process looks up, and the destination of each TCP or
 * Unix socket before it connects. Every API of Node for connections (http, tls, fetch, net) calls this method.
 */
const original = Socket.prototype.connect;
const lookup = dns.lookup;

function destination([first, second]: readonly unknown[]): string {
  const options: unknown = Array.isArray(first) ? first[0] : first;
  if (typeof options !== 'object' || options === null) return `${second}:${options}`;
  const host = 'host' in options ? options.host : 'localhost';
  return 'path' in options && options.path
    ? String(options.path)
    : `${host}:${'port' in options ? options.port : ''}`;
}

Object.assign(Socket.prototype, {
  connect(this: Socket, ...args: unknown[]): unknown {
    const to = destination(args);
    // The runtime's connection to the Runtime API is not recorded.
    if (to !== process.env['AWS_LAMBDA_RUNTIME_API']) process.stderr.write(`CONNECTS TO ${to}\n`);
    return Reflect.apply(original, this, args);
  },
});

Object.assign(dns, {
  lookup(...args: unknown[]): unknown {
    process.stderr.write(`LOOKS UP ${args[0]}\n`);
    return Reflect.apply(lookup, dns, args);
  },
});
