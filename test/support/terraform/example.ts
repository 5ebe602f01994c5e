import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import { archiveFiles } from '../../../infra/archives/write-archives.ts';
import { type Plan, parseModule, planModule, type TerraformModule } from './plan.ts';
import type { ObjectValue } from './values.ts';

const FOLDER = join(import.meta.dirname, '..', '..', '..', 'examples', 'terraform');
/** Where the tests deploy the example. */
export const PLACE = { account: '123456789012', region: 'eu-central-1' };
const DATA = {
  aws_caller_identity: { current: { account_id: PLACE.account } },
  aws_partition: { current: { partition: 'aws', dns_suffix: 'amazonaws.com' } },
  aws_region: { current: { region: PLACE.region } },
};

/** Returns an ARN in the place of the example. */
export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${PLACE.region}:${PLACE.account}:${resource}`;
}

export const SECRET = arn('secretsmanager', 'secret:prod/metrics-AbCdEf');
export const ADMINISTRATOR = arn('secretsmanager', 'secret:prod/administrator-AbCdEf');

/** The example, with archives for it. */
interface Example {
  /** Folder of the archives. */
  readonly archives: string;
  readonly module: TerraformModule;
  /** Returns what the example creates for the database `metrics` of `prod`, with further inputs. */
  plan(inputs?: ObjectValue): Plan;
}

async function createExample(): Promise<Example> {
  const archives = join(inject('folder'), `archives-of-terraform-${process.pid}`);
  mkdirSync(archives);
  const bundles = join(inject('bundles')['send-report'].file, '..', '..');
  for (const [name, content] of await archiveFiles(bundles)) {
    writeFileSync(join(archives, name), content);
  }
  const module = await parseModule(FOLDER);
  const required = { archives, environment: 'prod', database: 'metrics', secret_arn: SECRET };
  return {
    archives,
    module,
    plan: (inputs = {}) => planModule(module, { ...required, ...inputs }, DATA),
  };
}

let known: Promise<Example> | undefined;

/** Parses the example and builds archives for it, once in a process. */
export function loadExample(): Promise<Example> {
  known ??= createExample();
  return known;
}
