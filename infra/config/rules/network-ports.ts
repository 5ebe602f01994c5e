import type { Environment } from '../resolved-environment.ts';
import type { CheckedNetwork } from '../schema.ts';

const HTTPS_PORT = 443;
/** AWS's default quota of rules out of a security group, per family of addresses; each port is one of either. */
const MOST_RULES = 60;

function proxyPortOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port);
  return protocol === 'https:' ? HTTPS_PORT : 80;
}

/** The ports that functions of a network have to reach. */
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

/** The networks whose security group would have more rules than AWS takes. */
export function portProblems(environment: Environment): readonly string[] {
  return [...environment.networks].flatMap(([name, network]) => {
    if (network.vpc === undefined) return [];
    const { length } = portsOf(name, network, environment);
    return length > MOST_RULES
      ? [
          `network ${JSON.stringify(name)}: lets out to ${length} ports, and a security group has room for ${MOST_RULES} rules; give securityGroups of your own, with ranges, instead of vpc`,
        ]
      : [];
  });
}
