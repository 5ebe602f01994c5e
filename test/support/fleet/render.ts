import type { FleetState } from '../../../lib/fleet/fleet-state.ts';
import { type PageOptions, renderPage } from '../../../lib/fleet-page/render-page.ts';

/** Renders the page of a fleet as one text. */
export async function renderText(state: FleetState, options: PageOptions = {}): Promise<string> {
  const parts: string[] = [];
  for await (const part of renderPage(state, options)) parts.push(part);
  return parts.join('');
}

const SCRIPT_END = '</script>';

/** Returns the size of a page up to the end of its script, after which only compressed databases follow. */
export function firstViewBytes(page: string): number {
  const end = page.indexOf(SCRIPT_END, page.lastIndexOf('<script>'));
  return Buffer.byteLength(page.slice(0, end + SCRIPT_END.length));
}
