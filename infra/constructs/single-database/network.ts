import { Annotations } from 'aws-cdk-lib';
import {
  Connections,
  type IConnectable,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Peer,
  Port,
  SecurityGroup,
  type SecurityGroupProps,
  type SelectedSubnets,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import type { Construct, IDependable } from 'constructs';
import { HTTPS_PORT, proxyPortOf } from '../../config/rules/network-ports.ts';
import type { NetworkProps, SingleDatabaseTelemetryProps } from './props.ts';

/** Lambda's limits per function. */
const MAX_SUBNETS = 16;
const MAX_SECURITY_GROUPS = 5;
const POSTGRESQL_PORT = 5_432;

/** Returns the subnets of the functions: without others, those that have the way out that `egress` requires. */
function selectSubnets(vpc: IVpc, { vpcSubnets, egress }: NetworkProps): SelectedSubnets {
  const hasIsolated = egress === 'none' && vpc.isolatedSubnets.length > 0;
  return vpc.selectSubnets(
    vpcSubnets ?? (hasIsolated ? { subnetType: SubnetType.PRIVATE_ISOLATED } : undefined),
  );
}

/** Adds warnings for subnets whose routes do not fit `egress`, as far as the VPC knows their routes. */
function addSubnetWarnings(
  scope: Construct,
  vpc: IVpc,
  { subnetIds }: SelectedSubnets,
  egress: 'vpc' | 'none',
): void {
  const isAny = (subnets: readonly ISubnet[]) =>
    subnets.some(({ subnetId }) => subnetIds.includes(subnetId));
  if (egress === 'none' && isAny(vpc.privateSubnets)) {
    Annotations.of(scope).addWarningV2(
      'timescaledb-telemetry:subnets-with-egress',
      'vpcSubnets: have a route out of the VPC, although egress has the value none; select isolated subnets, so that the function database-worker reaches nothing outside',
    );
  }
  if (egress === 'vpc' && isAny(vpc.isolatedSubnets)) {
    Annotations.of(scope).addWarningV2(
      'timescaledb-telemetry:isolated-subnets',
      'vpcSubnets: are isolated, although egress has the value vpc; create endpoints for Secrets Manager and EventBridge Scheduler and set a proxy, or set egress to none',
    );
  }
}

/** Returns the problems of the network. */
export function networkProblems(props: NetworkProps): readonly string[] {
  const { vpc, vpcSubnets, securityGroups, connectTo, egress } = props;
  if (vpc === undefined) {
    return Object.entries({ vpcSubnets, securityGroups, connectTo, egress })
      .filter(([, value]) => value !== undefined)
      .map(([key]) => `${key}: has no effect without vpc; set vpc, or remove it`);
  }
  const { subnetIds, hasPublic } = selectSubnets(vpc, props);
  const groups = securityGroups?.length ?? 1;
  return [
    ...(['vpc', 'none', undefined].includes(egress) ? [] : ['egress: must be vpc or none']),
    ...(hasPublic && egress !== 'none'
      ? [
          'vpcSubnets: contains a public subnet, from which a function does not reach the internet; select private subnets',
        ]
      : []),
    ...(subnetIds.length > MAX_SUBNETS
      ? [
          `vpcSubnets: selects ${subnetIds.length} subnets, but the limit of Lambda is ${MAX_SUBNETS}; select fewer`,
        ]
      : []),
    ...(groups === 0 || groups > MAX_SECURITY_GROUPS
      ? [
          `securityGroups: must contain 1 to ${MAX_SECURITY_GROUPS} security groups, the limit of Lambda`,
        ]
      : []),
  ];
}

/** The network of the functions. */
export interface Network {
  readonly subnets: string[];
  /** The security groups of each function in the network. */
  readonly securityGroups: readonly ISecurityGroup[];
  /** Those that a database is opened for. */
  readonly connections: Connections;
  /** The routes to the internet, without which a function would fail, unless it needs none. */
  readonly routes?: IDependable;
}

function createGroup(
  scope: Construct,
  id: string,
  props: Pick<SecurityGroupProps, 'vpc' | 'description'>,
  ports: readonly number[],
): ISecurityGroup {
  const group = new SecurityGroup(scope, id, { ...props, allowAllOutbound: false });
  for (const port of new Set(ports)) {
    group.addEgressRule(Peer.anyIpv4(), Port.tcp(port));
    group.addEgressRule(Peer.anyIpv6(), Port.tcp(port));
  }
  return group;
}

function portOf(port: number | undefined, connectTo: IConnectable | undefined): Port {
  if (port !== undefined) return Port.tcp(port);
  return connectTo?.connections.defaultPort ?? Port.tcp(POSTGRESQL_PORT);
}

/** The security groups of functions that reach the database only, and of those that reach AWS and the internet through the VPC. */
interface Groups {
  readonly base: readonly ISecurityGroup[];
  readonly leaving: readonly ISecurityGroup[];
}

/**
 * Creates the security groups unless there are others. Both exist whatever `egress` is, with the same rules: functions use the
 * second one until they have left the VPC.
 */
function groupsOf(
  scope: Construct,
  vpc: IVpc,
  { securityGroups, connectTo, proxy, port }: SingleDatabaseTelemetryProps,
): Groups {
  if (securityGroups !== undefined) return { base: securityGroups, leaving: securityGroups };
  const base = createGroup(
    scope,
    'SecurityGroup',
    { vpc, description: 'Functions of timescaledb-telemetry: nothing in' },
    connectTo === undefined ? [port ?? POSTGRESQL_PORT] : [],
  );
  const egress = createGroup(
    scope,
    'EgressSecurityGroup',
    { vpc, description: 'Functions of timescaledb-telemetry that leave the VPC: nothing in' },
    [HTTPS_PORT, ...(proxy === undefined ? [] : [proxyPortOf(new URL(proxy))])],
  );
  return { base: [base], leaving: [base, egress] };
}

/**
 * Returns the network of the functions; undefined without a VPC. Creates its security groups unless there are others, and opens
 * the database's.
 */
export function createNetwork(
  scope: Construct,
  props: SingleDatabaseTelemetryProps,
): Network | undefined {
  const { vpc, connectTo, port, egress = 'vpc' } = props;
  if (vpc === undefined) return undefined;
  const selected = selectSubnets(vpc, props);
  addSubnetWarnings(scope, vpc, selected, egress);
  const { base, leaving } = groupsOf(scope, vpc, props);
  const connections = new Connections({ securityGroups: [...base] });
  if (connectTo !== undefined) connections.allowTo(connectTo, portOf(port, connectTo));
  return {
    subnets: selected.subnetIds,
    securityGroups: egress === 'none' ? base : leaving,
    connections,
    ...(egress === 'vpc' && { routes: selected.internetConnectivityEstablished }),
  };
}
