import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { invoke } from '../../emulator/lambda/invoke.ts';
import { PLACEHOLDERS } from '../../infra/archives/placeholders.ts';
import { archiveFiles, CHECKSUMS, writeArchives } from '../../infra/archives/write-archives.ts';
import { FUNCTIONS } from '../../infra/bundle/bundle.ts';
import { summariesOf } from '../support/lambda/invocations.ts';
import { createConsenting } from '../support/lambda/retries.ts';
import { secretFor, startWorld } from '../support/run/world.ts';

const FOLDER = join(inject('folder'), 'archives');
/** Placeholders, and a variable of IAM in the permissions boundary. */
const VARIABLE = /\$\{([^}]*)\}/g;
const AS_WRITTEN = ['permissions-boundary.json', 'cloudformation-execution-policy.json'];

/** Names of the archives. */
let names: readonly string[];

function read(name: string): Buffer {
  return readFileSync(join(FOLDER, name));
}

function textOf(name: string): string {
  return read(name).toString('utf8');
}

beforeAll(async () => {
  await writeArchives(FOLDER);
  names = readdirSync(FOLDER);
});

test('the same sources have the same archives, byte for byte, also in another folder and time zone', async () => {
  const bundles = join(inject('bundles')['send-report'].file, '..', '..');
  const zone = process.env['TZ'];
  process.env['TZ'] = 'Pacific/Auckland';
  try {
    const again = await archiveFiles(bundles);
    expect([...again.keys()].toSorted()).toStrictEqual(names.toSorted());
    const different = [...again].filter(
      ([name, content]) => !read(name).equals(Buffer.from(content)),
    );
    expect(different.map(([name]) => name)).toStrictEqual([]);
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});

test('the checksums are those of all other files, in the form of sha256sum', () => {
  const lines = names
    .filter((name) => name !== CHECKSUMS)
    .toSorted()
    .map((name) => `${createHash('sha256').update(read(name)).digest('hex')}  ${name}`);
  expect(textOf(CHECKSUMS)).toBe(`${lines.join('\n')}\n`);
});

test.each(FUNCTIONS)(
  'the archive of %s has the files of its bundle, each readable for everyone',
  (name) => {
    const folder = dirname(inject('bundles')[name].file);
    const zip = read(`${name}.zip`);
    const files = unzipSync(zip);
    expect(Object.keys(files).toSorted()).toStrictEqual(readdirSync(folder).toSorted());
    for (const [file, content] of Object.entries(files)) {
      expect(readFileSync(join(folder, file)).equals(content), file).toBe(true);
    }
    // In the central directory, 38 bytes after the signature of an entry: the external attributes.
    const signature = Buffer.from('PK\u0001\u0002');
    for (let at = zip.indexOf(signature); at >= 0; at = zip.indexOf(signature, at + 4)) {
      expect((zip.readUInt32LE(at + 38) >>> 16).toString(8)).toBe('100644');
    }
  },
);

test('cloudformation.yaml is the example for CloudFormation, and terraform.zip has that for Terraform', () => {
  expect(textOf('cloudformation.yaml')).toBe(
    readFileSync('examples/cloudformation/database.yaml', 'utf8'),
  );
  const files = unzipSync(read('terraform.zip'));
  expect(Object.keys(files).toSorted()).toStrictEqual(readdirSync('examples/terraform').toSorted());
});

test('send-report from its archive sends a report', async () => {
  await using database = await createConsenting();
  await using world = await startWorld({ secret: secretFor(database) });
  const folder = join(FOLDER, '..', 'unzipped-send-report');
  mkdirSync(folder);
  for (const [file, content] of Object.entries(unzipSync(read('send-report.zip')))) {
    writeFileSync(join(folder, file), content);
  }
  const invocation = await invoke(
    join(folder, 'index.mjs'),
    { scheduledTime: new Date(Date.now() - 3_600_000).toISOString() },
    { AWS_ENDPOINT_URL_SECRETS_MANAGER: world.secrets.url, ...world.environment() },
  );
  expect(summariesOf(invocation)).toMatchObject([{ outcome: 'sent' }]);
  expect(world.endpoint.reports).toHaveLength(1);
});

describe('the JSON files', () => {
  test('have no placeholder that placeholders.json does not explain, and use each', () => {
    const files = names.filter((name) => name.endsWith('.json') && !AS_WRITTEN.includes(name));
    expect(files.length).toBeGreaterThan(20);
    const used = files.flatMap((name) =>
      [...textOf(name).matchAll(VARIABLE)].map(([, one]) => one),
    );
    expect([...new Set(used)].toSorted()).toStrictEqual(Object.keys(PLACEHOLDERS).toSorted());
    expect(JSON.parse(textOf('placeholders.json'))).toStrictEqual(PLACEHOLDERS);
  });

  test('have no name that a placeholder should stand for', () => {
    const names =
      /of-the-(environment|database|record|reporter|administrator|alarms)|9{12}|ap-southeast-7/;
    const all = readdirSync(FOLDER).filter((name) => !name.endsWith('.zip'));
    expect(all.filter((name) => names.test(textOf(name)))).toStrictEqual([]);
  });

  test.each(AS_WRITTEN)('%s is the file in infra/, without a change', (name) => {
    expect(textOf(name)).toBe(readFileSync(join('infra', name), 'utf8'));
  });
});
