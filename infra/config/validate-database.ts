import { join, resolve } from 'node:path';
import type { Place } from '../naming.ts';
import { stackOf } from '../stacks/placement.ts';
import { caFileProblem } from './certificate-authority.ts';
import type { Database } from './resolved-environment.ts';
import type { CheckedDatabase, CheckedDefaults } from './schema.ts';
import { mayReferToSameSecret, referTo, type SecretReference } from './secret-reference.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** What a database has around it in its environment. */
export interface ServerContext {
  readonly place: Place;
  readonly defaults: CheckedDefaults;
  /** Their names. */
  readonly networks: readonly string[];
  /** Of all databases that do not say otherwise. */
  readonly proxy?: string | undefined;
  readonly stacks: number;
  /** In milliseconds since 1970; certificates expire. */
  readonly now: number;
}

/** The keys that have a value. */
function given<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function plainTextProblem({ mode, acknowledgePlainText }: NonNullable<CheckedDatabase['tls']>) {
  const isPlain = mode === 'disable';
  if (isPlain === (acknowledgePlainText ?? false)) return undefined;
  return isPlain
    ? "tls.mode: is disable, which sends password and figures in plain text; if that is what you want, write tls: { mode: 'disable', acknowledgePlainText: true }"
    : `tls.acknowledgePlainText: is beside mode ${mode}, which is not plain text; remove it`;
}

function tlsOf(
  where: string,
  tls: NonNullable<CheckedDatabase['tls']>,
  now: number,
  problems: string[],
): Pick<Database, 'tlsMode' | 'caFile' | 'serverName'> {
  const { mode, caFile, serverName } = tls;
  const plain = plainTextProblem(tls);
  if (plain !== undefined) problems.push(`${where} ${plain}`);
  const file = caFile === undefined ? undefined : resolve(ROOT, caFile);
  const unusable = file === undefined ? undefined : caFileProblem(file, now);
  if (unusable !== undefined) problems.push(`${where} tls.caFile: ${caFile} ${unusable}`);
  return {
    tlsMode: mode,
    ...(file !== undefined && { caFile: file }),
    ...(serverName !== undefined && { serverName }),
  };
}

function networkOf(
  where: string,
  network: CheckedDefaults['network'],
  networks: readonly string[],
  problems: string[],
): Pick<Database, 'network'> {
  if (network === undefined || network === null) return {};
  if (!networks.includes(network)) {
    const known = networks.length === 0 ? 'which is empty' : `which has ${networks.join(', ')}`;
    problems.push(
      `${where} network: ${JSON.stringify(network)} is not in networks, ${known}; add it there, or write null for none`,
    );
  }
  return { network };
}

function configureOf(
  where: string,
  configure: CheckedDatabase['configure'],
  reporting: SecretReference,
  place: Place,
  problems: string[],
): Pick<Database, 'configure'> {
  if (configure === undefined) return {};
  const secret = referTo(`${where} configure`, configure, place, problems);
  if (mayReferToSameSecret(secret, reporting)) {
    problems.push(
      `${where} configure.secret: is the one that reports are read with; configure needs an administrator's login, and reporting must not have one, so give each its own`,
    );
  }
  return { configure: secret };
}

/** A proxy is where a network reaches it: whoever has no network and is given one all the same has to say so. */
function proxyOf(
  where: string,
  { network, proxy: own }: CheckedDefaults,
  shared: string | undefined,
  problems: string[],
): Pick<Database, 'proxy'> {
  const hasNetwork = network !== undefined && network !== null;
  if (own === undefined && shared !== undefined && !hasNetwork) {
    problems.push(
      `${where} proxy: has no network, and would reach delivery.proxy from the internet; write proxy: null for the direct way, or its URL here if that is what you want`,
    );
  }
  const proxy = own === undefined ? shared : (own ?? undefined);
  return proxy === undefined ? {} : { proxy };
}

/** A database's settings with everything that they leave to its environment; what is wrong goes into `problems`. */
export function toDatabase(
  where: string,
  settings: CheckedDatabase,
  { place, defaults, networks, proxy, stacks, now }: ServerContext,
  problems: string[],
): Database {
  const { host, port, database } = settings;
  const all = { ...defaults, ...given(settings) };
  const { levelWhenUnset, reportSource, sizes, tls = { mode: 'verify-full' as const } } = all;
  const secret = referTo(where, settings, place, problems);
  return {
    name: settings.name,
    stack: stackOf(settings.name, stacks),
    secret,
    ...configureOf(where, settings.configure, secret, place, problems),
    ...tlsOf(where, tls, now, problems),
    overrides: given({ host, port, database }),
    choices: given({ levelWhenUnset, reportSource, sizes }),
    tickHours: all.tickHours ?? 24,
    doNotTrack: all.doNotTrack ?? false,
    ...networkOf(where, all.network, networks, problems),
    ...proxyOf(where, all, proxy, problems),
  };
}
