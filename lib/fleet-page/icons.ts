import type { VNode } from 'preact';
import type { FleetSeverity } from '../fleet/database-state.ts';
import { html } from './html.ts';

/** Shapes of the severities, which differ without colour: an octagon, a triangle, a circle and a check mark. */
const SHAPES: Readonly<Record<FleetSeverity, VNode>> = {
  error: html`<g><path class="fill" d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" /><path class="mark" d="M5.5 5.5l5 5m0-5l-5 5" /></g>`,
  warning: html`<g><path class="fill" d="M8 1.5l7 13H1z" /><path class="mark" d="M8 6v4m0 2v.5" /></g>`,
  notice: html`<g><circle class="fill" cx="8" cy="8" r="6.5" /><path class="mark" d="M8 7.5v4M8 4.6v.5" /></g>`,
  ok: html`<path class="tick" d="M3 8.5l3.5 3.5L13 4.5" />`,
};

/** Renders the shapes once; `icon()` refers to them. */
export function iconShapes(): VNode {
  return html`<svg class="shapes" aria-hidden="true" width="0" height="0"><defs>${Object.entries(
    SHAPES,
  ).map(
    ([severity, shape]) =>
      html`<symbol id=${`i-${severity}`} viewBox="0 0 16 16">${shape}</symbol>`,
  )}</defs></svg>`;
}

/** Renders the sign of a severity. The text next to it says the same. */
export function icon(severity: FleetSeverity): VNode {
  return html`<svg class="icon" aria-hidden="true"><use href=${`#i-${severity}`} /></svg>`;
}
