import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { openFile } from '../output/files/open-file.ts';
import { replaceFile } from '../output/files/replace-file.ts';
import { toPrintableLine } from '../output/terminal/printable.ts';
import type { TerminalReporter } from '../output/terminal/terminal.ts';
import type { Fleet } from './row.ts';

/** The page of the fleet, as the options ask for it. */
export interface PageChoice {
  /** Undefined for a temporary file. */
  readonly file: string | undefined;
  readonly isOpened: boolean;
}

/** Values of the options that concern the page. */
export interface PageValues {
  readonly demo?: true;
  readonly html?: string;
  readonly open?: true;
  readonly json?: true;
  readonly csv?: true;
}

export function pageOptions(): readonly [html: Option, open: Option] {
  return [
    new Option('--html <file>', 'also write the page of the fleet, one HTML file'),
    new Option('--open', 'open the page; without --html it is a temporary file'),
  ];
}

/** Returns the page that the options ask for. The demo has one unless a program reads the output. */
export function readPage({ demo, html, open, json, csv }: PageValues): PageChoice | undefined {
  const isDemo = demo === true && !json && !csv;
  if (html === undefined && !open && !isDemo) return undefined;
  return { file: html, isOpened: open === true || (isDemo && process.stdout.isTTY === true) };
}

/** Creates the folder of a temporary page, which admits only this user, and returns the absolute path of the page. */
async function locatePage({ file }: PageChoice): Promise<string> {
  return file === undefined
    ? join(await mkdtemp(join(tmpdir(), 'timescaledb-telemetry-')), 'fleet.html')
    : resolve(file);
}

/**
 * Writes the page of a fleet.
 *
 * @returns its absolute path
 * @throws NodeJS.ErrnoException
 */
export async function writePage(choice: PageChoice, { state, content }: Fleet): Promise<string> {
  const path = await locatePage(choice);
  // Most commands make no page, and need none of its modules.
  const { renderPage } = await import('../../lib/fleet-page/render-page.ts');
  await replaceFile(path, renderPage(state, content), 'private');
  return path;
}

/** Names the file of the page, and opens it if the options ask for that. */
export async function showPage(
  reporter: TerminalReporter,
  path: string,
  { isOpened }: PageChoice,
): Promise<void> {
  reporter.line('–', 'page', path);
  if (!isOpened) return;
  const reason = await openFile(path);
  if (reason === undefined) return;
  // Also where --json or --csv has all of standard output.
  process.stderr.write(`${toPrintableLine(`The page was not opened, because ${reason}: ${path}`)}
`);
}
