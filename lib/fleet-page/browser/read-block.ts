import { INDEX_BLOCK, type IndexEntry } from '../data/page-data.ts';

/** Waits until the browser has read the whole document. */
const wholeDocument = new Promise<void>((resolve) => {
  document.addEventListener('DOMContentLoaded', () => resolve());
});

async function inflate(name: string): Promise<unknown> {
  const selector = `script[data-block="${name}"]`;
  if (document.querySelector(selector) === null) await wholeDocument;
  const text = document.querySelector(selector)?.textContent ?? '';
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const value: unknown = JSON.parse(await new Response(stream).text());
  return value;
}

const blocks = new Map<string, Promise<unknown>>();

/** Reads a block of the page once. */
async function readBlock(name: string): Promise<unknown> {
  const found = blocks.get(name) ?? inflate(name);
  blocks.set(name, found);
  return await found;
}

/** Returns the index. The page was rendered with it, so its entries are not checked again. */
export async function readIndex(): Promise<readonly IndexEntry[]> {
  const value = await readBlock(INDEX_BLOCK);
  return Array.isArray(value) ? value : [];
}

/** Returns a text of a block; empty if the block has none. */
export async function readText(block: string, index: number): Promise<string> {
  const value = await readBlock(block);
  return Array.isArray(value) ? String(value[index] ?? '') : '';
}
