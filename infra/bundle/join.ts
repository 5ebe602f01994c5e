import { basename } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/** One output file of a split bundle. */
export interface Part {
  /** Its name in the bundle's folder. */
  readonly name: string;
  readonly text: string;
  readonly exports: readonly string[];
}

const NAMESPACE = 'part';

/** Resolves the parts to be joined from memory; parts that are imported dynamically stay external. */
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
 * Joins the entry of a split bundle with all parts that it imports statically. esbuild writes a file for everything that the
 * entry shares with dynamically imported parts (13 files), and Node has to find, read and link each. The shared parts keep
 * their names: they re-export from the entry. Saves 2 ms of start-up time, with SDK and pg at 57 ms.
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
