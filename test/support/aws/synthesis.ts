import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { VALIDATE_AGAINST_DEFAULT_RULES } from 'aws-cdk-lib/cx-api';
import { inject } from 'vitest';
import type { Code } from '../../../infra/bundle/code-assets.ts';
import type { DatabaseSettings, EnvironmentSettings } from '../../../infra/config/environment.ts';
import { readEnvironment } from '../../../infra/config/load.ts';
import type { Environment } from '../../../infra/config/resolved-environment.ts';
import { checkEnvironment } from '../../../infra/config/validate.ts';
import { createStacks } from '../../../infra/stacks/create-stacks.ts';
import { FIXTURES_FOLDER } from './fixtures.ts';

export const ACCOUNT = '123456789012';
export const REGION = 'eu-central-1';

/** A resource of a template, as CloudFormation reads it. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

/** A statement of a policy in a template. */
export interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

/** Returns the statements of a role's inline policies. */
export function statementsOf({ Properties }: Resource): readonly PolicyStatement[] {
  const policies = Properties['Policies'] as readonly {
    readonly PolicyDocument: { readonly Statement: readonly PolicyStatement[] };
  }[];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: object;
}

/** The stacks of one environment as they would be deployed. */
export interface Synthesis {
  readonly environment: Environment;
  /** Templates by stack. */
  readonly templates: Readonly<Record<string, Template>>;
  /** Templates as text, by stack. */
  readonly texts: Readonly<Record<string, string>>;
  /** The warnings that the CDK command would print. */
  readonly warnings: readonly string[];
  /** Returns the resources of all stacks, optionally of one type, each with `stack/logical id`. */
  resources(type?: string): readonly (readonly [where: string, resource: Resource])[];
}

/** Returns the folder of the bundles that all tests share, with a folder for each function. */
export function bundlesFolder(): string {
  return dirname(dirname(inject('bundles')['send-report'].file));
}

/** Returns the bundles that all tests share, for templates without a certificate authority's file. */
export function sharedCode(): Code {
  const bundles = inject('bundles');
  return {
    folderOf: (purpose) => join(bundles[purpose].file, '..'),
    fleetFolder: join(bundles['fleet-report'].file, '..'),
    largestBytes: 660_000,
    [Symbol.dispose]() {},
  };
}

let made = 0;

/** Synthesises a checked environment. */
export function synthesise(environment: Environment, code: Code = sharedCode()): Synthesis {
  made += 1;
  const outdir = join(inject('folder'), `assembly-${process.pid}-${made}`);
  const context = {
    // Adds the path of its construct to every resource, as the CDK command does.
    'aws:cdk:enable-path-metadata': true,
    // Fails the synthesis when CDK's validation, where a test turns it on, finds an error.
    [VALIDATE_AGAINST_DEFAULT_RULES]: true,
  };
  const app = new App({ outdir, context, analyticsReporting: false });
  createStacks(app, environment, code);
  const stacks = app.synth().stacks;
  const texts = Object.fromEntries(
    stacks.map(({ stackName, template }) => [stackName, JSON.stringify(template)]),
  );
  const templates = Object.fromEntries(
    stacks.map(({ stackName, template }): [string, Template] => [stackName, template]),
  );
  const warnings = stacks
    .flatMap(({ messages }) => messages)
    .filter(({ level }) => level === 'warning')
    .map(({ entry }) => String(entry.data));
  rmSync(outdir, { recursive: true, force: true });
  return {
    environment,
    templates,
    texts,
    warnings,
    resources: (type) =>
      Object.entries(templates)
        .flatMap(([stack, { Resources }]) =>
          Object.entries(Resources).map(([id, resource]) => [`${stack}/${id}`, resource] as const),
        )
        .filter(([, { Type }]) => type === undefined || Type === type),
  };
}

/** Reads and checks an environment of a folder. */
export async function loadEnvironment(
  name: string,
  source = FIXTURES_FOLDER,
): Promise<Environment> {
  const { settings, folder } = await readEnvironment(name, source);
  return checkEnvironment(name, settings, Date.now(), folder);
}

/** Synthesises one of the tests' own environments. */
export async function synthesiseFixture(name: string): Promise<Synthesis> {
  return synthesise(await loadEnvironment(name));
}

/** Returns an environment with one database and default settings, with changes. */
export function anEnvironment(changes: Partial<EnvironmentSettings> = {}): EnvironmentSettings {
  return { account: ACCOUNT, region: REGION, databases: [aDatabase('metrics')], ...changes };
}

export function aDatabase(name: string, changes: Partial<DatabaseSettings> = {}): DatabaseSettings {
  return { name, secret: `test/${name}/telemetry`, ...changes };
}

export function checked(changes: Partial<EnvironmentSettings> = {}, name = 'test'): Environment {
  return checkEnvironment(name, anEnvironment(changes), Date.now());
}
