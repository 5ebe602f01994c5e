import { DEFAULT_ENDPOINT } from '../../lib/config/send-report-config.ts';
import { estimateMonthlyCost, type MonthlyCost } from './cost.ts';
import { figuresOf } from './quotas.ts';
import type { Database, Environment } from './resolved-environment.ts';

const LABEL_WIDTH = 12;
const NOTHING_SENT = 'nothing is sent';

function usd(amount: number): string {
  return amount.toFixed(2);
}

/** Names the host that a database's report is sent to, or that nothing is sent. */
function destinationOf({
  delivery: { endpoint = DEFAULT_ENDPOINT, latestVersion, latestVersionParameter },
}: Database): string {
  const sendsNothing = (latestVersion ?? latestVersionParameter) !== undefined;
  return sendsNothing ? NOTHING_SENT : new URL(endpoint).host;
}

function describeDelivery(databases: readonly Database[]): string {
  const byDestination = [...Map.groupBy(databases, destinationOf)];
  if (byDestination.length === 1) return byDestination.map(([destination]) => destination).join();
  return byDestination.map(([destination, { length }]) => `${destination} (${length})`).join(', ');
}

function quoted(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(', ');
}

/** Returns the names of the networks whose databases use them to reach AWS and the internet. */
function networksWithEgress({ databases, networks }: Environment): readonly string[] {
  return [...networks.keys()].filter((name) =>
    databases.some(({ network, hasWorker }) => network === name && !hasWorker),
  );
}

/** Returns the number of databases of each network, and of those without a network. */
function describeNetworks({ databases, networks }: Environment): string {
  const countOf = (name: string | undefined) =>
    `databases: ${databases.filter(({ network }) => network === name).length}`;
  const inNetworks = [...networks].map(
    ([name, { egress }]) => `${JSON.stringify(name)}, egress '${egress}', ${countOf(name)}`,
  );
  const hasOthers = databases.some(({ network }) => network === undefined);
  return [...inNetworks, ...(hasOthers ? [`without a VPC, ${countOf(undefined)}`] : [])].join('; ');
}

/** Says what the networks with egress need to reach AWS and, without a proxy, the endpoint. */
function describeAccess(environment: Environment): { readonly access?: string } {
  const used = networksWithEgress(environment);
  if (used.length === 0) return {};
  const s3 = environment.record === undefined ? '' : ', a gateway endpoint for S3 (free)';
  const lacksProxy = environment.databases.some(
    (database) =>
      database.network !== undefined &&
      used.includes(database.network) &&
      database.proxy === undefined &&
      destinationOf(database) !== NOTHING_SENT,
  );
  const reports = lacksProxy ? '; for reports a NAT gateway or a proxy' : '';
  return {
    access: `in network ${quoted(used)}: interface endpoints for Secrets Manager and EventBridge Scheduler${s3}, or a NAT gateway${reports}`,
  };
}

/** Names the bucket of the record. */
function describeRecord({ record, recordDays }: Environment): string {
  if (record === undefined) return 'off';
  const { name, prefix, isCreated } = record;
  const place = `s3://${[name, prefix].filter((part) => part !== undefined).join('/')}`;
  return isCreated ? `${place}, ${recordDays} days` : place;
}

/** Recommends egress `none` for networks in which nothing is sent through a proxy. Also a database that sends nothing needs AWS. */
function adviseOnEgress(environment: Environment): { readonly note?: string } {
  const names = networksWithEgress(environment).filter((name) =>
    environment.databases.every(({ network, proxy }) => network !== name || proxy === undefined),
  );
  if (names.length === 0) return {};
  return {
    note: `with egress: 'none' network ${quoted(names)} would need no NAT gateway and no endpoints; see docs/networks.md`,
  };
}

function describeCost({ total, ...parts }: MonthlyCost): string {
  const shares = Object.entries(parts).map(([part, amount]) => {
    const free = part === 'dashboard' ? " (an account's first three are free)" : '';
    return `${part} ${usd(amount)}${free}`;
  });
  return `about ${usd(total)} USD per month: ${shares.join(', ')}; list prices of us-east-1, without secrets (0.40 each), NAT gateways and interface endpoints`;
}

/** Describes what a deployment of an environment creates, and what it costs: one line per subject. */
export function summaryLines(environment: Environment): readonly string[] {
  const { account, region, environment: name } = environment.place;
  const { databases, functions, alarms, stacks } = figuresOf(environment, 0);
  const rows = {
    environment: `${name}, in account ${account}, region ${region}`,
    databases,
    ...(databases > 0 && { delivery: describeDelivery(environment.databases) }),
    ...(databases > 0 && { networks: describeNetworks(environment) }),
    ...describeAccess(environment),
    functions,
    alarms,
    record: describeRecord(environment),
    stacks: `${stacks + 1} (1 shared, ${stacks} for databases)`,
    cost: describeCost(estimateMonthlyCost(environment)),
    ...adviseOnEgress(environment),
  };
  return Object.entries(rows).map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}`);
}
