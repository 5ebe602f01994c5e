import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as z from 'zod/mini';
import { checkSettings, type Settings } from '../../lib/config/send-report-config.ts';
import type { Target } from '../../lib/config/target.ts';
import { check } from '../../lib/config/validate.ts';
import { errorCodeOf } from '../../lib/errors.ts';
import type { ConnectionParameters } from '../options/libpq-parameters.ts';
import type { Machine } from '../options/settings.ts';
import { connectionOf } from './connection-of-environment.ts';

/** The name of the file in problems. */
const FILE = 'the target file';

const pathSchema = z.string().check(z.minLength(1, 'must not be empty'));

/** The keys of the file besides those of TARGET. */
const fileSchema = z.looseObject({
  credentialsFile: z.optional(pathSchema),
  delivery: z.optional(z.unknown()),
  record: z.optional(z.unknown()),
});

const folderSchema = z.strictObject({ folder: pathSchema });

/** Stands for a secret or a bucket that the run does not have; TARGET and RECORD require one. */
const ABSENT = 'absent';

/** Where the run finds its credentials. */
export type CredentialsSource =
  | { readonly kind: 'secret' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly connection: ConnectionParameters };

/** The content of a target file. */
export interface TargetFile {
  /** The environment of the process, with TARGET, DELIVERY and RECORD of the file. */
  readonly settings: Settings;
  readonly target: Target;
  readonly credentials: CredentialsSource;
  /** The folder of the record; undefined for a bucket, and without a record. */
  readonly recordFolder: string | undefined;
}

async function readJson(path: string, problems: string[]): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    problems.push(`${FILE}: cannot be read (${errorCodeOf(error) ?? 'unknown error'})`);
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    problems.push(`${FILE}: is not JSON`);
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Makes the path in a target relative to the folder of its file. Other values are checked later. */
function withPath(
  target: Readonly<Record<string, unknown>>,
  absolute: (path: string) => string,
): Readonly<Record<string, unknown>> {
  const { tls } = target;
  if (!isObject(tls) || typeof tls['caFile'] !== 'string') return target;
  return { ...target, tls: { ...tls, caFile: absolute(tls['caFile']) } };
}

/** Returns the folder of a record, and the value of RECORD. */
function placeOf(
  record: unknown,
  absolute: (path: string) => string,
  problems: string[],
): { readonly folder?: string; readonly variable?: unknown } {
  if (!isObject(record) || !('folder' in record)) return { variable: record };
  const folder = check('RECORD', folderSchema, record, problems)?.folder;
  return { ...(folder && { folder: absolute(folder) }), variable: { bucket: ABSENT } };
}

function jsonOf(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}

/**
 * Reads a target file and the environment of the process. Paths are relative to the file's folder. Adds all problems to
 * `problems`, also those of the variables of psql if the credentials come from there.
 *
 * @returns undefined if there are problems
 */
export async function readTargetFile(
  path: string,
  machine: Machine,
  problems: string[],
): Promise<TargetFile | undefined> {
  const file = check(FILE, fileSchema, (await readJson(path, problems)) ?? {}, problems);
  if (file === undefined || problems.length > 0) return undefined;
  const { credentialsFile, delivery = {}, record, ...target } = file;
  const absolute = (relative: string): string => resolve(dirname(path), relative);
  const hasSecret = target['secretId'] !== undefined;
  if (hasSecret && credentialsFile !== undefined) {
    problems.push('secretId and credentialsFile exclude each other');
  }
  if (target['versionData'] !== undefined) {
    problems.push(
      'versionData: has a form that only a deployment writes; install a newer version of the package for newer data',
    );
  }
  const place = placeOf(record, absolute, problems);
  const settings = {
    ...machine.environment,
    TARGET: JSON.stringify({ secretId: ABSENT, ...withPath(target, absolute) }),
    DELIVERY: JSON.stringify(delivery),
    RECORD: jsonOf(place.variable),
    // The scheduler of the command decides about retries, and the database is read in this process.
    RETRY: undefined,
    WORKER: undefined,
  };
  const assignment = checkSettings(settings, problems);
  const isOfEnvironment = !hasSecret && credentialsFile === undefined;
  const connection = isOfEnvironment
    ? connectionOf(assignment?.target, machine, problems)
    : undefined;
  if (assignment === undefined || problems.length > 0) return undefined;
  const checked = { ...assignment.target, tls: tlsOf(assignment.target, connection) };
  return {
    settings: { ...settings, TARGET: JSON.stringify(checked) },
    target: checked,
    credentials: sourceOf(connection, credentialsFile && absolute(credentialsFile)),
    recordFolder: place.folder,
  };
}

/** Adds the name that the server's certificate must have if the environment has its address. */
function tlsOf({ tls }: Target, connection: ConnectionParameters | undefined): Target['tls'] {
  const serverName = tls.serverName ?? connection?.tls.serverName;
  return tls.mode === 'disable' || serverName === undefined ? tls : { ...tls, serverName };
}

function sourceOf(
  connection: ConnectionParameters | undefined,
  path: string | undefined,
): CredentialsSource {
  if (connection !== undefined) return { kind: 'environment', connection };
  return path === undefined ? { kind: 'secret' } : { kind: 'file', path };
}
