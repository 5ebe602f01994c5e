import type { Environment } from '../resolved-environment.ts';
import type { CheckedNetwork } from '../schema.ts';

export const HTTPS_PORT = 443;
/** Default quota of outbound rules per security group and address family; each port takes one of each family. */
const MAX_RULES = 60;

export function proxyPortOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? HTTPS_PORT : 80;
}

/** Returns the ports that the functions of a network connect to, in ascending order. */
export function portsOf(
  name: string,
  { databasePorts }: CheckedNetwork,
  { databases }: Pick<Environment, 'databases'>,
): readonly number[] {
  const own = databases
    .filter(({ network }) => network === name)
    .flatMap(({ overrides: { port }, proxy }) => [
      ...(port === undefined ? [] : [port]),
      ...(proxy === undefined ? [] : [proxyPortOf(new URL(proxy))]),
    ]);
  return [...new Set([HTTPS_PORT, ...databasePorts, ...own])].toSorted((one, other) => one - other);
}

/** Problems of networks whose security group would exceed the quota of rules. */
export function portProblems(environment: Environment): readonly string[] {
  return [...environment.networks].flatMap(([name, network]) => {
    if (network.vpc === undefined) return [];
    const { length } = portsOf(name, network, environment);
    return length > MAX_RULES
      ? [
          `network ${JSON.stringify(name)}: needs ${length} outbound ports, but a security group has at most ${MAX_RULES} rules; set securityGroups with port ranges of your own instead of vpc`,
        ]
      : [];
  });
}
