import { DEFAULT_ENDPOINT } from '../../lib/config/send-report-config.ts';
import { estimateMonthlyCost, type MonthlyCost } from './cost.ts';
import { figuresOf } from './quotas.ts';
import type { Database, Environment } from './resolved-environment.ts';

const LABEL_WIDTH = 12;

function usd(amount: number): string {
  return amount.toFixed(2);
}

/** Names the host that a database's report is sent to, or that nothing is sent. */
function destinationOf({
  delivery: { endpoint = DEFAULT_ENDPOINT, latestVersion, latestVersionParameter },
}: Database): string {
  const sendsNothing = (latestVersion ?? latestVersionParameter) !== undefined;
  return sendsNothing ? 'nothing is sent' : new URL(endpoint).host;
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

/** Names the bucket of the record, and the networks that must reach S3. */
function describeRecord(environment: Environment): string {
  const { record, recordDays } = environment;
  if (record === undefined) return 'off';
  const { name, prefix, isCreated } = record;
  const place = `s3://${[name, prefix].filter((part) => part !== undefined).join('/')}`;
  const days = isCreated ? `, ${recordDays} days` : '';
  const used = networksWithEgress(environment);
  const endpoint = 'an S3 gateway endpoint (free) or a NAT gateway';
  const hint = used.length === 0 ? '' : `; ${endpoint} is needed in network ${quoted(used)}`;
  return `${place}${days}${hint}`;
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
  return `about ${usd(total)} USD per month: ${shares.join(', ')}; list prices of us-east-1, without secrets and networks`;
}

/** Describes what a deployment of an environment creates, and what it costs: one line per subject. */
export function summaryLines(environment: Environment): readonly string[] {
  const { account, region, environment: name } = environment.place;
  const { databases, functions, alarms, stacks } = figuresOf(environment, 0);
  const rows = {
    environment: `${name}, in account ${account}, region ${region}`,
    databases,
    ...(databases > 0 && { delivery: describeDelivery(environment.databases) }),
    functions,
    alarms,
    record: describeRecord(environment),
    stacks: `${stacks + 1} (1 shared, ${stacks} for databases)`,
    cost: describeCost(estimateMonthlyCost(environment)),
    ...adviseOnEgress(environment),
  };
  return Object.entries(rows).map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}`);
}
