import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..', '..');

/** Folders with files that are not part of the repository, or that belong to the user. */
const NOT_OURS = ['node_modules', 'dist', 'cdk.out', '.local', 'coverage', 'environments', '.git'];

/** Paths of the repository's own files, relative to its root. */
export function ownFiles(pattern: string): readonly string[] {
  return globSync(pattern, { cwd: ROOT, exclude: (path) => NOT_OURS.includes(path) }).sort();
}

/** Reads a file of the repository. */
export function readOwn(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** A fenced block with its indentation, language and text. */
const FENCE = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;

export interface Page {
  /** Relative to the repository's root. */
  readonly path: string;
  readonly text: string;
  /** The text without fenced blocks. */
  readonly prose: string;
  /** Inline code. */
  readonly spans: readonly string[];
  /** Shell commands, one each, with continued lines joined. */
  readonly shell: readonly string[];
}

export function parsePage(path: string, text: string): Page {
  const prose = text.replaceAll(FENCE, '');
  const blocks = [...text.matchAll(FENCE)].filter(([, , language]) => language === 'sh');
  return {
    path,
    text,
    prose,
    spans: [...prose.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\n', ' ')),
    shell: blocks.flatMap(([, , , code = '']) => code.replaceAll(/\\\n */g, ' ').split('\n')),
  };
}

/** Every Markdown page of the repository. */
export function allPages(): readonly Page[] {
  return ownFiles('**/*.md').map((path) => parsePage(path, readOwn(path)));
}

/** The sections of a page's text, by their headings of the second level. */
export function sectionsOf({ text }: Page): ReadonlyMap<string, string> {
  const parts = text.split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.split('\n', 1)[0] ?? '', part]));
}

/** The inline code in the first cells of all tables, without their headings. */
export function namesInTables(text: string): readonly string[] {
  return text
    .split('\n')
    .filter((line, i, lines) => line.startsWith('| `') && !lines[i + 1]?.startsWith('|--'))
    .flatMap((line) =>
      [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
}

/** The anchors that GitHub gives to a page's headings. */
export function anchorsOf({ prose }: Page): ReadonlySet<string> {
  const counts = new Map<string, number>();
  const anchors = [...prose.matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const count = counts.get(slug) ?? 0;
    counts.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

/** Returns the targets of a page's links, except links to other hosts. */
export function linksOf({ prose }: Page): readonly string[] {
  const withoutCode = prose.replaceAll(/`[^`]*`/g, '');
  return [...withoutCode.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}
