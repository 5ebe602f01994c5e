import { deflateRawSync } from 'node:zlib';

/**
 * Renders data that only the page's script reads: compressed JSON. Browsers do not execute it and do not lay it out.
 *
 * @param name of letters, digits and hyphens
 */
export function dataBlock(name: string, value: unknown): string {
  const data = deflateRawSync(JSON.stringify(value)).toString('base64');
  return `<script type="application/x-deflate" data-block="${name}">${data}</script>\n`;
}
