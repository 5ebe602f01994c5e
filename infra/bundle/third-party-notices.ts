import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** File beside the code of each function: most licences require that their text accompanies the code. */
export const NOTICES_FILE = 'THIRD-PARTY-NOTICES.txt';

/** A package of which code is shipped. */
export interface ShippedPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly license: string;
}

const packageSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  author: z
    .union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])
    .optional(),
});

/** Returns the folder of the package that a file belongs to; undefined for the project's own files. */
function packageFolder(path: string): string | undefined {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}

/** Reads the licence texts of a package; some packages contain none. */
async function textOf(folder: string, author: string | undefined): Promise<string> {
  const files = (await readdir(folder)).filter((name) =>
    /^(licen[cs]e|notice|copying)/i.test(name),
  );
  const texts = await Promise.all(
    files.toSorted().map((name) => readFile(join(folder, name), 'utf8')),
  );
  const text = texts.join('\n').replaceAll('\r\n', '\n').trim();
  return text === '' ? `By ${author ?? 'its authors'}; the package carries no text.` : text;
}

async function readPackage(folder: string) {
  const { author, ...shipped } = packageSchema.parse(
    JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')),
  );
  return { shipped, text: await textOf(folder, author) };
}

/**
 * Writes the licences of the packages in a bundle into its folder, each text once. Tools that read the dependency tree
 * (generate-license-file) would list packages that are not in the bundle.
 *
 * @param paths of the source files in the bundle, relative to the root
 * @returns the packages that they belong to
 */
export async function writeNotices(
  root: string,
  paths: readonly string[],
  outputFolder: string,
): Promise<readonly ShippedPackage[]> {
  const folders = [...new Set(paths.flatMap((path) => packageFolder(path) ?? []))].toSorted();
  const packages = await Promise.all(folders.map((folder) => readPackage(join(root, folder))));
  const sections = [...Map.groupBy(packages, ({ text }) => text)].map(([text, all]) =>
    [
      ...all.map(({ shipped: { name, version, license } }) => `${name} ${version} (${license})`),
      '',
      text,
    ].join('\n'),
  );
  const head = 'This function contains code of the following packages, each under its own licence.';
  await writeFile(
    join(outputFolder, NOTICES_FILE),
    `${[head, ...sections].join(`\n\n${'-'.repeat(80)}\n\n`)}\n`,
  );
  return packages.map(({ shipped }) => shipped);
}
