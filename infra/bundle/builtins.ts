import { builtinModules, createRequire } from 'node:module';
import type { Plugin } from 'esbuild';

const BUILTIN = new RegExp(`^(node:)?(${builtinModules.join('|')})$`);
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const require = createRequire(import.meta.url);

function exportLine(name: string): string {
  // Marked as pure, so that what nobody imports is left out, and is not read.
  const value = `/* @__PURE__ */ (() => builtin.${name})()`;
  return `const _${name} = ${value}; export { _${name} as ${name} };`;
}

/** An ES module of the names that a built-in module exports; of those only the imported ones are bundled. */
function asEsModule(path: string): string {
  const names = Object.keys(require(`node:${path}`)).filter((name) => IDENTIFIER.test(name));
  return [
    `const builtin = /* @__PURE__ */ process.getBuiltinModule('node:${path}');`,
    'export default builtin;',
    ...names.filter((name) => name !== 'default').map(exportLine),
  ].join('\n');
}

/**
 * Takes Node's own modules from Node without an import. For an import Node reads every property of a module to make its
 * exports of them, and some are made when they are read: `node:http` brings undici and HTTP/2 with it. And what is
 * CommonJS needs no `require`, which an ES module does not have.
 */
export function builtins(): Plugin {
  return {
    name: 'builtins',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: BUILTIN }, ({ kind, path }) => {
        const found = { path: path.replace(/^node:/, ''), sideEffects: false };
        if (kind === 'import-statement') return { ...found, namespace: 'builtin' };
        return kind === 'require-call' ? { ...found, namespace: 'required-builtin' } : undefined;
      });
      onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
        contents: asEsModule(path),
      }));
      onLoad({ filter: /.*/, namespace: 'required-builtin' }, ({ path }) => ({
        contents: `module.exports = process.getBuiltinModule('node:${path}');`,
      }));
    },
  };
}
