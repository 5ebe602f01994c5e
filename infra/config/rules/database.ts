import { resolve } from 'node:path';
import type { DeployPlace } from '../../naming.ts';
import { stackOf } from '../../stacks/placement.ts';
import type { Database } from '../resolved-environment.ts';
import type { CheckedDatabase, CheckedDefaults, CheckedDelivery } from '../schema.ts';
import { caFileProblem } from './certificate-authority.ts';
import { mayReferToSameSecret, resolveSecret, type SecretReference } from './secret-reference.ts';

/** The parts of an environment that its databases depend on. */
export interface DatabaseContext {
  readonly place: DeployPlace;
  readonly defaults: CheckedDefaults;
  /** Names of the environment's networks. */
  readonly networks: readonly string[];
  /** Names of those that have no egress. */
  readonly withoutEgress: ReadonlySet<string>;
  /** Delivery of all databases that set none. */
  readonly delivery: CheckedDelivery;
  readonly stacks: number;
  /** Current time in milliseconds since 1970, for certificates that expire. */
  readonly now: number;
  /** Absolute path that paths in the settings are relative to. */
  readonly folder: string;
}

/** Returns an object's keys that have a value. */
function omitUndefined<T extends object>(
  settings: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function plainTextProblem({ mode, acknowledgePlainText }: NonNullable<CheckedDatabase['tls']>) {
  const isPlain = mode === 'disable';
  if (isPlain === (acknowledgePlainText ?? false)) return undefined;
  return isPlain
    ? "tls.mode: disable sends the password and the report in plain text; set mode to verify-full, or confirm with tls: { mode: 'disable', acknowledgePlainText: true }"
    : `tls.acknowledgePlainText: is only valid with mode disable, and mode is ${mode}; remove it`;
}

function tlsOf(
  tls: NonNullable<CheckedDatabase['tls']>,
  { folder, now }: DatabaseContext,
  problems: string[],
): Pick<Database, 'tlsMode' | 'caFile' | 'serverName'> {
  const { mode, caFile, serverName } = tls;
  const plain = plainTextProblem(tls);
  if (plain !== undefined) problems.push(plain);
  const file = caFile === undefined ? undefined : resolve(folder, caFile);
  const unusable = file === undefined ? undefined : caFileProblem(file, now);
  if (unusable !== undefined) problems.push(`tls.caFile: ${caFile} ${unusable}`);
  return {
    tlsMode: mode,
    ...(file !== undefined && { caFile: file }),
    ...(serverName !== undefined && { serverName }),
  };
}

function networkOf(
  network: CheckedDefaults['network'],
  { networks, withoutEgress }: DatabaseContext,
  problems: string[],
): Pick<Database, 'network' | 'hasWorker'> {
  if (network === undefined || network === null) return { hasWorker: false };
  if (!networks.includes(network)) {
    const known =
      networks.length === 0 ? 'which is empty' : `which contains ${networks.join(', ')}`;
    problems.push(
      `network: ${JSON.stringify(network)} is not in networks, ${known}; add it there, or set network: null`,
    );
  }
  return { network, hasWorker: withoutEgress.has(network) };
}

function configureOf(
  configure: CheckedDatabase['configure'],
  reporting: SecretReference,
  place: DeployPlace,
  problems: string[],
): Pick<Database, 'configure'> {
  if (configure === undefined) return {};
  const secret = resolveSecret('configure.', configure, place, problems);
  if (mayReferToSameSecret(secret, reporting)) {
    problems.push(
      `configure.secret: is also the secret for reporting; create one secret for each, because configure needs an administrator's login and reporting must not have one`,
    );
  }
  return { configure: secret };
}

function sendsNothing({ latestVersion, latestVersionParameter }: CheckedDelivery): boolean {
  return (latestVersion ?? latestVersionParameter) !== undefined;
}

/** Returns a problem of the keys `proxy` and `delivery` that one database sets. */
function proxyProblem(
  { proxy, delivery: own }: CheckedDatabase,
  delivery: CheckedDelivery,
): string | undefined {
  if (proxy !== undefined && own?.proxy !== undefined) {
    return 'proxy: delivery.proxy of the same database is set, too; keep one of them';
  }
  return typeof proxy === 'string' && sendsNothing(delivery)
    ? 'proxy: has no effect, because the delivery of this database sends nothing; remove it'
    : undefined;
}

/** Explains why the functions of a database do not send from a network; undefined if they do. */
function outsideBecause({ network, hasWorker }: Pick<Database, 'network' | 'hasWorker'>) {
  if (network === undefined) return 'network is not set';
  return hasWorker ? `the network ${JSON.stringify(network)} has egress 'none'` : undefined;
}

/**
 * Returns where a database's report is sent, and through which proxy. A proxy is usually in a network: a database whose report
 * is sent from outside of a network has to set its own.
 */
function deliveryOf(
  settings: CheckedDatabase,
  { defaults, delivery: shared }: DatabaseContext,
  network: Pick<Database, 'network' | 'hasWorker'>,
  problems: string[],
): Pick<Database, 'delivery' | 'proxy'> {
  const { proxy: theirs, ...delivery } = settings.delivery ?? shared;
  const problem = proxyProblem(settings, delivery);
  if (problem !== undefined) problems.push(problem);
  if (sendsNothing(delivery)) return { delivery };
  const [own] = [settings.proxy, settings.delivery?.proxy, defaults.proxy].filter(
    (given) => given !== undefined,
  );
  const reason = outsideBecause(network);
  if (own === undefined && theirs !== undefined && reason !== undefined) {
    problems.push(
      `proxy: delivery.proxy would be reached from the internet, because ${reason}; set proxy: null to connect directly, or set proxy to the URL to confirm it`,
    );
  }
  const proxy = own === undefined ? theirs : own;
  return { delivery, ...(typeof proxy === 'string' && { proxy }) };
}

/**
 * Completes a database's settings with the defaults of its environment.
 *
 * @param problems receives the problems, each of which begins with its key
 */
export function toDatabase(
  settings: CheckedDatabase,
  context: DatabaseContext,
  problems: string[],
): Database {
  const { place, defaults, stacks } = context;
  const { host, port, database } = settings;
  const all = { ...defaults, ...omitUndefined(settings) };
  const { levelWhenUnset, reportSource, sizes, tls = { mode: 'verify-full' as const } } = all;
  const secret = resolveSecret('', settings, place, problems);
  const configure = configureOf(settings.configure, secret, place, problems);
  const verification = tlsOf(tls, context, problems);
  const network = networkOf(all.network, context, problems);
  return {
    name: settings.name,
    stack: stackOf(settings.name, stacks),
    secret,
    ...configure,
    ...verification,
    overrides: omitUndefined({ host, port, database }),
    choices: omitUndefined({ levelWhenUnset, reportSource, sizes }),
    tickHours: all.tickHours ?? 24,
    doNotTrack: all.doNotTrack ?? false,
    ...network,
    ...deliveryOf(settings, context, network, problems),
  };
}
