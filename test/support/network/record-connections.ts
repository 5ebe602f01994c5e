import dns from 'node:dns';
import { Socket } from 'node:net';

/**
 * Preloaded into the process of a function: writes down which names it looks up, and where every TCP or Unix socket of the
 * process is connected to, before it is. Every way that Node has to connect (http, tls, fetch, a socket of one's own) ends
 * here.
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
    // The runtime's own connection is none of the function's.
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
