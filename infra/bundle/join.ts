import { basename } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** One file of a bundle that esbuild has split. */
export interface Part {
  /** Its name in the bundle's folder. */
  readonly name: string;
  readonly text: string;
  readonly exports: readonly string[];
}

const NAMESPACE = 'part';

/** Finds the parts to be joined in memory; what another part is imported for later stays where it is. */
function inMemory(parts: readonly Part[]): Plugin {
  const texts = new Map(parts.map(({ name, text }) => [name, text]));
  return {
    name: 'parts',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\// }, ({ path }) =>
        texts.has(basename(path))
          ? { path: basename(path), namespace: NAMESPACE }
          : { path, external: true },
      );
      onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: texts.get(path) ?? '',
      }));
    },
  };
}

/**
 * Makes one file of a split bundle's entry and of all that it imports at once: esbuild gives a file to whatever the entry
 * shares with a part that comes later, and Node has to find, read and link each. A later part still imports what is shared
 * by its old name, where it is handed on from the entry.
 *
 * @returns the text of each file, by its name
 */
export async function joinParts(
  entry: Part,
  shared: readonly Part[],
  options: BuildOptions,
): Promise<ReadonlyMap<string, string>> {
  const nameOf = (part: Part, name: string): string => `shared${shared.indexOf(part)}_${name}`;
  const handedOn = shared.filter(({ exports }) => exports.length > 0);
  const lines = handedOn.map((part) => {
    const names = part.exports.map((name) => `${name} as ${nameOf(part, name)}`);
    return `export { ${names} } from './${part.name}';`;
  });
  const { outputFiles } = await build({
    ...options,
    stdin: { contents: [`export * from './${entry.name}';`, ...lines].join('\n') },
    write: false,
    plugins: [inMemory([entry, ...shared])],
  });
  const texts = new Map([[entry.name, outputFiles?.[0]?.text ?? '']]);
  for (const part of handedOn) {
    const names = part.exports.map((name) => `${nameOf(part, name)} as ${name}`);
    texts.set(part.name, `export { ${names} } from './${entry.name}';\n`);
  }
  return texts;
}
