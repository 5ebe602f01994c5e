import { createHash } from 'node:crypto';
import { SCRIPT, STYLE } from './assets.ts';
import { html, renderHtml } from './html.ts';

function hashSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/** The page may run its own script and use its own style, and may load nothing: no request leaves the browser. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src ${hashSource(SCRIPT)}`,
  `style-src ${hashSource(STYLE)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** A square with three bars, so that a browser does not request /favicon.ico. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%230b5cad'/%3E%3Cpath d='M4 12V8m4 4V4m4 8V6' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

/** Returns the beginning of the document, up to the content. */
export function documentStart(title: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
${renderHtml(html`<title>${title}</title>`)}<link rel="icon" href="${ICON}">
<style>${STYLE}</style></head><body>
`;
}

export const SCRIPT_ELEMENT = `<script>${SCRIPT}</script>\n`;

export const DOCUMENT_END = '</body></html>\n';
