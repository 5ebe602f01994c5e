import { registerHooks } from 'node:module';

/** Preloaded into the process of a function: the import of a file whose name begins with HANG_IMPORT never ends. */
const prefix = process.env['HANG_IMPORT'] ?? '';

registerHooks({
  load(url, context, nextLoad) {
    const doesHang = new URL(url).pathname.split('/').at(-1)?.startsWith(prefix) === true;
    if (!doesHang) return nextLoad(url, context);
    return { format: 'module', source: 'await new Promise(() => {})', shortCircuit: true };
  },
});
