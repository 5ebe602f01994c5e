import { mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  answerWithVersion,
  ENDPOINT_PATH,
  startTelemetryEndpoint,
} from '../../emulator/telemetry-endpoint.ts';
import { VERSION } from '../../lib/product.ts';
import { databaseProblems } from '../support/aws/judge-database.ts';
import { missingThings } from '../support/aws/named-things.ts';
import { schemaProblems } from '../support/aws/resource-schema.ts';
import { serviceProblems } from '../support/aws/service-limits.ts';
import { ACCOUNT, REGION } from '../support/aws/synthesis.ts';
import { createAuthority, createCertificate } from '../support/network/certificates.ts';
import { startConnectProxy, tunnel } from '../support/network/connect-proxy.ts';
import { type Installation, installPackage, NODE_VERSIONS } from '../support/package/install.ts';
import {
  APPS,
  deployedFrom,
  ownTemplates,
  parseTemplate,
  withNag,
} from '../support/package/templates.ts';
import { createDatabase, type TestDatabase } from '../support/postgres/databases.ts';
import { urlOf, variablesOf } from '../support/process/commands.ts';
import { startAccount } from '../support/smoke/account.ts';
import { simulate } from '../support/smoke/simulation.ts';
import { resolve, SETTINGS } from '../support/smoke/trial.ts';
import { upperBound } from '../support/vitest/time-limits.ts';

const packed = inject('packed');
/** Preloaded into the program: CDK commands become requests to the account on loopback. */
const CDK_STUB = join(import.meta.dirname, '..', 'support', 'smoke', 'preload-cdk-stub.ts');

let installed: Installation;
let database: TestDatabase;
beforeAll(async () => {
  [installed, database] = await Promise.all([
    installPackage(packed),
    createDatabase({ release: '2.28.3', level: 'basic' }),
  ]);
}, upperBound(180_000));
afterAll(() => database?.[Symbol.asyncDispose]());

test('without CDK names the packages that are missing, and the command that installs them', () => {
  const { stderr, code } = installed.withoutCdk;
  expect([stderr, code]).toEqual([
    'Packages for deploying are not installed: aws-cdk, aws-cdk-lib, cdk-nag, constructs.\nRun npm install --save-dev aws-cdk@2 aws-cdk-lib@2 cdk-nag@3 constructs@10.\n',
    1,
  ]);
});

test('without its optional dependency says how to install the embedded TimescaleDB', async () => {
  const [kept, hidden] = ['@electric-sql', 'hidden'].map((name) =>
    join(installed.folder, 'node_modules', name),
  );
  await rename(kept ?? '', hidden ?? '');
  const { stderr, code } = await installed.program('24', ['demo']);
  await rename(hidden ?? '', kept ?? '');
  expect([stderr, code]).toEqual([
    'The package @electric-sql/pglite, an optional dependency with the embedded TimescaleDB, is not installed.\nRun npm install --include=optional.\n',
    1,
  ]);
});

test('a finding of cdk-nag fails the synthesis of an app', async () => {
  const file = join(installed.folder, 'careless.js');
  const careless = "new (await import('aws-cdk-lib/aws-sqs')).CfnQueue(stack, 'Careless', {});\n";
  const app = withNag(APPS.SingleDatabaseTelemetry).replace('console.log', `${careless}$&`);
  await writeFile(file, app);
  const templates = join(installed.folder, 'careless');
  const { stdout, stderr, code } = await installed.app('24', file, templates);
  expect([stdout, code]).toEqual(['', 1]);
  expect(stderr).toContain('AwsSolutions-SQS4');
});

test.each([['demo'], ['report'], ['--help']])(
  'on Node 20 %s says which releases it needs',
  async (command) => {
    const { stdout, stderr, code } = await installed.program('20', [command]);
    expect([stdout, code]).toEqual(['', 1]);
    expect(stderr).toMatch(
      /^This program needs Node \^22\.21\.0 \|\| >=24\.5\.0, and this is Node 20\.\d+\.\d+\.\nInstall /,
    );
  },
);

describe.each(NODE_VERSIONS)('the installed package on Node %s', (node) => {
  test('has one program with a version', async () => {
    const { stdout, stderr, code } = await installed.program(node, ['--version']);
    expect([stdout, stderr, code]).toEqual([`${VERSION}\n`, '', 0]);
  });

  test('ends the demo with a sent report', async () => {
    const { stdout, stderr, code } = await installed.program(node, ['demo']);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/✔ endpoint +received [\d ]+ bytes with the same sha256\n/);
    expect(stdout).toContain('npx timescaledb-telemetry demo --report ');
  });

  test('shows the report and the verdict of a server', async () => {
    const url = ['--database-url', urlOf(database)];
    const { stdout, stderr, code } = await installed.program(node, ['report', ...url]);
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/"db_uuid": "/);
    expect(stdout).toMatch(/version +.*2\.28\.3/);
  });

  test('sends a report through the proxy of the environment', async () => {
    const authority = await createAuthority('Authority of the endpoint');
    const { key, cert } = await createCertificate('localhost', authority);
    await using endpoint = await startTelemetryEndpoint(answerWithVersion('2.30.1'), {
      tls: { key, cert },
    });
    await using proxy = await startConnectProxy(tunnel());
    const host = `localhost:${new URL(endpoint.url).port}`;
    const [authorityFile, target] = ['authority.pem', 'target.json'].map((name) =>
      join(installed.folder, `${node}-${name}`),
    );
    await writeFile(authorityFile ?? '', authority.cert);
    const content = {
      ...{ name: 'metrics', environment: 'test', tls: { mode: 'disable' } },
      delivery: { endpoint: `https://${host}${ENDPOINT_PATH}` },
    };
    await writeFile(target ?? '', JSON.stringify(content));
    // Node 22 warns on standard error that its proxy agent is experimental.
    const { code } = await installed.program(
      node,
      ['run', '--target', target ?? '', '--ignore-schedule'],
      {
        env: {
          ...variablesOf(database),
          NODE_EXTRA_CA_CERTS: authorityFile ?? '',
          NODE_USE_ENV_PROXY: '1',
          HTTPS_PROXY: proxy.url,
        },
      },
    );
    expect(code).toBe(0);
    expect(endpoint.reports).toHaveLength(1);
    expect(proxy.requests).toEqual([`CONNECT ${host}`]);
  });

  describe.each(Object.entries(APPS))('in an app of ten lines with %s', (construct, text) => {
    const stacks = {
      TelemetryEnvironment: 'timescaledb-telemetry-prod timescaledb-telemetry-prod-1',
      SingleDatabaseTelemetry: 'metrics',
    }[construct];

    /** Synthesises an app, and returns the folder of its templates. */
    async function synthesise(name: string, app: string): Promise<string> {
      const file = join(installed.folder, `${name}-${construct}.js`);
      const templates = join(installed.folder, `${name}-${construct}-${node}`);
      await writeFile(file, app);
      const { stdout, stderr, code } = await installed.app(node, file, templates);
      expect([stdout, stderr, code]).toEqual([`${stacks}\n`, '', 0]);
      return templates;
    }

    test('synthesises templates that pass the rules, with the permissions that roles need', async () => {
      const resources = await deployedFrom(await synthesise('app', text));
      const entries = resources.map(({ id, type, properties }) => [
        id,
        { Type: type, Properties: properties },
      ]);
      const template = { Resources: Object.fromEntries(entries) };
      expect([...schemaProblems(template), ...serviceProblems(template)]).toEqual([]);
      expect(missingThings(resources)).toEqual([]);
      const secret = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:prod/metrics/telemetry-Qw3rTy`;
      const hasRecord = construct === 'TelemetryEnvironment';
      expect(await databaseProblems(resources, { secret, hasRecord })).toEqual([]);
    });

    test('has no finding of cdk-nag', async () => {
      await synthesise('nag', withNag(text));
    });
  });

  test('creates a folder to deploy from, and synthesises the templates of this repository', async () => {
    const folder = join(installed.folder, `deploy-${node}`);
    const created = await installed.program(node, ['init', folder]);
    expect([created.stderr, created.code]).toEqual(['', 0]);
    await symlink(join(installed.folder, 'node_modules'), join(folder, 'node_modules'));
    const { stderr, code } = await installed.program(node, ['synth', 'prod'], { cwd: folder });
    expect(stderr).toMatch(/✔ stacks +2 of prod synthesised for account 111111111111, /);
    expect(stderr).not.toMatch(/warning/i);
    expect(code).toBe(0);
    const own = await ownTemplates(join(packed.folder, 'bundles'), folder);
    for (const [stack, template] of Object.entries(own)) {
      const file = join(folder, 'cdk.out', `${stack}.template.json`);
      expect(parseTemplate(await readFile(file, 'utf8'))).toEqual(template);
    }
    expect(Object.keys(own)).toHaveLength(2);
  });

  test('prints an environment for smoke, which can be synthesised', async () => {
    const folder = join(installed.folder, `trial-${node}`);
    const { stdout, stderr, code } = await installed.program(node, ['smoke', '--template']);
    expect([stderr, code]).toEqual(['', 0]);
    await mkdir(folder);
    await writeFile(join(folder, 'smoke.ts'), stdout);
    const synth = await installed.program(node, ['synth', 'smoke', '--environments', folder]);
    expect(synth.stderr).toMatch(/✔ stacks +2 of smoke synthesised for account 111111111111, /);
    expect(synth.code).toBe(0);
  });

  test('tries a deployment in an account on loopback', async () => {
    await using account = await startAccount({ environment: resolve(), run: simulate() });
    const folder = join(installed.folder, `smoke-${node}`);
    await mkdir(folder);
    const settings = `export const environment = ${JSON.stringify(SETTINGS)};\n`;
    await writeFile(join(folder, 'smoke-test.ts'), settings);
    const { stdout, stderr, code } = await installed.program(
      node,
      ['smoke', 'smoke-test', '--yes', '--environments', folder],
      { env: { ...account.shell, NODE_OPTIONS: `--import ${CDK_STUB}` } },
    );
    expect(stderr).toContain('output of cdk deploy\n');
    expect(stdout).toContain('- All steps passed\n');
    expect([code, account.stacks.size]).toEqual([0, 0]);
  });

  test('lists the problems of an environment without esbuild', async () => {
    const folder = join(installed.folder, `broken-${node}`);
    await installed.program(node, ['init', folder]);
    await writeFile(
      join(folder, 'environments', 'prod.ts'),
      'export const environment = {\n  account: 1,,\n};\n',
    );
    const { stderr, code } = await installed.program(node, ['synth', 'prod'], { cwd: folder });
    expect(stderr).toMatch(/environments\/prod\.ts:2(:\d+)?: /);
    expect(code).toBe(1);
  });
});
