import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { Ended } from '../support/process/commands.ts';
import { ROOT } from '../support/repo/pages.ts';

/** Records the arguments of each call in a line, and answers questions about what was published before. */
const COMMAND = (name: string) => `#!/usr/bin/env bash
printf '%s\\n' "${name} $*" >> "$RECORD"
case "${name} $1" in
  'npm view') [[ -n $ON_NPM ]] && echo "$ON_NPM" ;;
  'gh release') [[ $2 != view || -n $ON_GITHUB ]] ;;
esac
`;

const PACKAGE = 'dist/release/timescaledb-telemetry-1.2.0.tgz';

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A checkout of a version whose build was downloaded. */
async function createCheckout(version: string): Promise<string> {
  const folder = await mkdtemp(join(inject('folder'), 'publish-'));
  const files = join(folder, 'dist', 'release');
  await mkdir(join(folder, '.ci'));
  await mkdir(join(folder, 'bin'));
  await mkdir(files, { recursive: true });
  await copyFile(join(ROOT, '.ci', 'publish'), join(folder, '.ci', 'publish'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ version }));
  const name = `timescaledb-telemetry-${version}.tgz`;
  await writeFile(join(files, name), 'package');
  await writeFile(join(files, 'SHA256SUMS'), `${sha256('package')}  ${name}\n`);
  await writeFile(join(files, 'release-notes.md'), 'Notes.\n');
  for (const command of ['npm', 'gh']) {
    await writeFile(join(folder, 'bin', command), COMMAND(command));
    await chmod(join(folder, 'bin', command), 0o755);
  }
  return folder;
}

interface Published extends Ended {
  /** Name and arguments of each call of npm and gh. */
  readonly calls: readonly string[];
}

async function publish(
  folder: string,
  tag: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Published> {
  const record = join(folder, 'record');
  await writeFile(record, '');
  const env = {
    PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
    RECORD: record,
    ON_NPM: '',
    ON_GITHUB: '',
    ...variables,
  };
  const ended = await new Promise<Ended>((resolve) => {
    const child = execFile(
      join(folder, '.ci', 'publish'),
      [tag, 'dist/release'],
      { env },
      (_error, stdout, stderr) => resolve({ stdout, stderr, code: child.exitCode ?? -1 }),
    );
  });
  const calls = (await readFile(record, 'utf8')).split('\n').filter((line) => line !== '');
  return { ...ended, calls };
}

test('publishes the package with its provenance, and a release with all files', async () => {
  const { code, stderr, calls } = await publish(await createCheckout('1.2.0'), 'v1.2.0');
  expect([code, stderr]).toEqual([0, '']);
  expect(calls).toEqual([
    'npm view timescaledb-telemetry@1.2.0 version',
    `npm publish ${PACKAGE} --provenance --access public --tag latest`,
    'gh release view v1.2.0',
    `gh release create v1.2.0 --verify-tag --title 1.2.0 --notes-file dist/release/release-notes.md dist/release/SHA256SUMS ${PACKAGE}`,
  ]);
});

test('leaves out what was published before', async () => {
  const checkout = await createCheckout('1.2.0');
  const { code, stdout, calls } = await publish(checkout, 'v1.2.0', {
    ON_NPM: '1.2.0',
    ON_GITHUB: 'yes',
  });
  expect([code, stdout]).toEqual([
    0,
    'npm has timescaledb-telemetry 1.2.0.\nGitHub has the release v1.2.0.\n',
  ]);
  expect(calls.filter((call) => /^npm publish|^gh release create/.test(call))).toEqual([]);
});

test('does not let a pre-release become the version that npm installs', async () => {
  const checkout = await createCheckout('1.2.0-rc.1');
  const { calls } = await publish(checkout, 'v1.2.0-rc.1');
  expect(calls[1]).toMatch(/^npm publish .* --tag next$/);
});

test('publishes nothing under a tag that is not the version', async () => {
  const { code, stderr, calls } = await publish(await createCheckout('1.2.0'), 'v1.2.1');
  expect([code, stderr, calls]).toEqual([
    1,
    'The tag is v1.2.1, but package.json has the version 1.2.0. Create tags with `npm run release`.\n',
    [],
  ]);
});

test('publishes nothing whose checksum is wrong', async () => {
  const checkout = await createCheckout('1.2.0');
  await writeFile(join(checkout, PACKAGE), 'another package');
  const { code, stderr, calls } = await publish(checkout, 'v1.2.0');
  expect([code, stderr, calls]).toEqual([1, expect.stringMatching(/checksum did NOT match/), []]);
});
