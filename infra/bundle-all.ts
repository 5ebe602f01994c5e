import { bundle } from './bundle.ts';

/** Builds every function as it ships, and says how large it is. */
for (const name of ['send-report']) {
  const { bytes } = await bundle(name);
  process.stdout.write(`${name}: ${Math.round(bytes / 1_000)} kB\n`);
}
