import type { Database, Environment } from '../resolved-environment.ts';
import type { CheckedNetwork } from '../schema.ts';

export const HTTPS_PORT = 443;
/** Default quota of outbound rules per security group and address family; each port takes one of each family. */
const MAX_RULES = 60;

/** Outbound ports of a network's security groups, in ascending order. */
export interface NetworkPorts {
  /** Ports that every function in the network may connect to. With egress `none` they are those of the databases. */
  readonly base: readonly number[];
  /** Ports of the second group, which only functions have that reach AWS and the internet from the network. */
  readonly egress: readonly number[];
}

export function proxyPortOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? HTTPS_PORT : 80;
}

function ascending(ports: Iterable<number>): readonly number[] {
  return [...new Set(ports)].toSorted((one, other) => one - other);
}

/** Returns the ports of a database, unless its secret names the port, and of the proxy that its network leads to. */
function portsOfDatabase({ overrides: { port }, proxy, hasWorker }: Database) {
  return {
    database: port === undefined ? [] : [port],
    proxy: proxy === undefined || hasWorker ? [] : [proxyPortOf(new URL(proxy))],
  };
}

/**
 * Returns the ports that the functions of a network connect to. With egress `vpc` the base group allows all of them, because
 * functions that an earlier release deployed have no other group until they are updated.
 */
export function portsOf(
  name: string,
  { databasePorts, egress }: CheckedNetwork,
  { databases }: Pick<Environment, 'databases'>,
): NetworkPorts {
  const own = databases.filter(({ network }) => network === name).map(portsOfDatabase);
  const outside = [HTTPS_PORT, ...own.flatMap(({ proxy }) => proxy)];
  const inside = [...databasePorts, ...own.flatMap(({ database }) => database)];
  return {
    base: ascending(egress === 'none' ? inside : [...inside, ...outside]),
    egress: ascending(outside),
  };
}

/** Problems of networks whose security group would exceed the quota of rules. */
export function portProblems(environment: Environment): readonly string[] {
  return [...environment.networks].flatMap(([name, network]) => {
    if (network.vpc === undefined) return [];
    const { length } = portsOf(name, network, environment).base;
    return length > MAX_RULES
      ? [
          `network ${JSON.stringify(name)}: needs ${length} outbound ports, but a security group has at most ${MAX_RULES} rules; set securityGroups with port ranges of your own instead of vpc`,
        ]
      : [];
  });
}
