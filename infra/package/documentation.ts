import { existsSync, globSync, statSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

const SCHEMAS = 'docs/schemas';

/** Pages, schemas and examples that the package has, in the repository. */
const FILES = [
  ...['CHANGELOG.md', 'README.md', 'SECURITY.md', 'docs/*.md', 'docs/decisions/*.md'],
  ...['docs/examples/*.json', `${SCHEMAS}/*.json`, 'examples/**/*'],
];

/** It describes how to change the code of the repository. */
const LEFT_OUT = 'docs/contributing.md';

/** An image or a link; a path that begins with a scheme leads to another host. */
const IMAGE = /!\[([^\]]*)\]\(([^)\s]+)\)/g;
const LINK = /\[([^\]]+)\]\((?![a-z]+:)([^)\s]+)\)/g;

/** Replaces images and links that lead to files which the package lacks by their texts. */
function withoutMissingLinks(page: string, text: string, folder: string): string {
  const isMissing = (link: string) => {
    const [file = ''] = link.split('#');
    return file !== '' && !existsSync(join(folder, normalize(join(dirname(page), file))));
  };
  return text
    .replaceAll(IMAGE, (image, alternative: string, path: string) =>
      isMissing(path) ? alternative : image,
    )
    .replaceAll(LINK, (link, words: string, path: string) =>
      isMissing(path) ? `${words} (in the repository)` : link,
    );
}

/** Writes the documentation and the examples into the package, after all other files, to which pages link. */
export async function writeDocumentation(root: string, folder: string): Promise<void> {
  const files = globSync(FILES, { cwd: root }).filter(
    (file) => file !== LEFT_OUT && statSync(join(root, file)).isFile(),
  );
  for (const file of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await copyFile(join(root, file), join(folder, file));
  }
  for (const file of files) {
    const path = join(folder, file);
    const text = await readFile(path, 'utf8');
    if (file.endsWith('.md')) await writeFile(path, withoutMissingLinks(file, text, folder));
    // Programs read schemas: without white space they have half of the size.
    if (dirname(file) === SCHEMAS) await writeFile(path, JSON.stringify(JSON.parse(text)));
  }
}
