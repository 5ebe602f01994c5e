import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { ownFiles, readOwn } from '../support/repo/pages.ts';

const permissionsSchema = z.record(z.string(), z.enum(['read', 'write', 'none']));

const workflowSchema = z.object({
  permissions: permissionsSchema,
  jobs: z.record(
    z.string(),
    z.object({
      permissions: permissionsSchema.optional(),
      environment: z.string().optional(),
      'timeout-minutes': z.number(),
      steps: z.array(
        z.object({
          uses: z.string().optional(),
          with: z.record(z.string(), z.unknown()).optional(),
          run: z.string().optional(),
          env: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  ),
});

const FILES = ownFiles('.github/workflows/*');

/** Rights beyond reading the repository, by workflow and job. */
const RIGHTS: Readonly<Record<string, object>> = {
  'release.yml build': { contents: 'read' },
  'release.yml publish': {
    contents: 'write',
    'id-token': 'write',
    attestations: 'write',
    'artifact-metadata': 'write',
  },
  'versions.yml update': { contents: 'read' },
  'versions.yml propose': { contents: 'write', 'pull-requests': 'write' },
};

test('finds the workflows', () => {
  expect(FILES.map((file) => file.split('/').at(-1))).toEqual([
    'ci.yml',
    'release.yml',
    'versions.yml',
  ]);
});

describe.each(FILES)('%s', (file) => {
  const text = readOwn(file);
  const { permissions, jobs } = workflowSchema.parse(parse(text));
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('uses actions by their commit only, with the version in a comment', () => {
    const uses = text.split('\n').filter((line) => /\buses:/.test(line));
    expect(uses).toHaveLength(steps.filter((step) => step.uses !== undefined).length);
    const unpinned = uses.filter(
      (line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line),
    );
    expect(unpinned).toEqual([]);
  });

  test('uses the same version of an action as the other workflows', () => {
    const versions = FILES.flatMap((one) => [...readOwn(one).matchAll(/uses: (\S+)@(\S+)/g)]);
    const byAction = Map.groupBy(versions, ([, action]) => action);
    for (const [action, all] of byAction) {
      expect([action, new Set(all.map(([, , version]) => version)).size]).toEqual([action, 1]);
    }
  });

  test('has no more rights than it needs', () => {
    expect(Object.values(permissions).filter((right) => right !== 'read')).toEqual([]);
    for (const [name, job] of Object.entries(jobs)) {
      const rights = RIGHTS[`${file.split('/').at(-1)} ${name}`];
      expect([name, job.permissions]).toEqual([name, rights]);
    }
  });

  test('does not leave its token in the checkout, and gives it to no installation', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(0);
    for (const one of checkouts) expect(one.with?.['persist-credentials']).toBe(false);
    const withToken = steps.filter((step) => JSON.stringify(step).includes('github.token'));
    expect(withToken.filter(({ run }) => /\bnpm (ci|install|cit)\b/.test(run ?? ''))).toEqual([]);
  });

  test('runs no code of dependencies in a job that may write', () => {
    const privileged = Object.values(jobs).filter((job) =>
      Object.values(job.permissions ?? {}).includes('write'),
    );
    const commands = privileged.flatMap((job) => job.steps.flatMap(({ run }) => run ?? []));
    const scripts = commands.flatMap((command) => command.match(/\.ci\/[\w.-]+/g) ?? []);
    const texts = [...commands, ...scripts.map(readOwn)];
    expect(
      texts.filter((text) => /^[^#`]*\b(?:npm (?:ci|install|cit|run|exec|test)|npx)\b/m.test(text)),
    ).toEqual([]);
  });

  test('runs only scripts that exist, and puts no expression into a shell', () => {
    const commands = steps.flatMap(({ run }) => run ?? []);
    const scripts = commands.flatMap((command) => command.match(/\.ci\/[\w.-]+/g) ?? []);
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((script) => ownFiles(script).length === 0)).toEqual([]);
    expect(commands.filter((command) => command.includes('${{'))).toEqual([]);
  });
});

describe('the workflow of releases', () => {
  const text = readOwn('.github/workflows/release.yml');
  const { jobs } = workflowSchema.parse(parse(text));
  const { build, publish } = jobs;
  const commandsOf = (job: typeof build) => job?.steps.flatMap(({ run }) => run ?? []) ?? [];

  test('starts with a tag only', () => {
    expect(parse(text)).toMatchObject({ on: { push: { tags: ['v*'] } } });
    expect(Object.keys(Object(parse(text)).on)).toEqual(['push']);
  });

  test('runs everything that must hold before it builds what it publishes', () => {
    const commands = commandsOf(build);
    expect(commands.indexOf('.ci/run')).toBeGreaterThanOrEqual(0);
    expect(commands.indexOf('npm run release -- --build')).toBeGreaterThan(
      commands.indexOf('.ci/run'),
    );
    expect(parse(text)).toMatchObject({ jobs: { publish: { needs: 'build' } } });
  });

  test('gives its identity to one script only, after the approval of a maintainer', () => {
    expect(publish?.environment).toBe('npm');
    expect(commandsOf(publish)).toEqual(['.ci/publish "$GITHUB_REF_NAME" dist/release']);
    expect(readOwn('.ci/publish')).toContain('npm publish "$package" --provenance');
    expect(readOwn('.ci/publish')).not.toMatch(/npm (?:ci|install|exec)|npx/);
  });

  test('uses no cache that another workflow can write, and no stored token', () => {
    const setups = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses?.startsWith('actions/setup-node@')),
    );
    expect(setups.map((setup) => setup.with)).toEqual([
      { 'node-version-file': '.nvmrc', 'package-manager-cache': false },
      { 'node-version-file': '.nvmrc', 'package-manager-cache': false },
    ]);
    expect(text).not.toContain('secrets.');
  });
});
