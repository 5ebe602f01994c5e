import { html as template } from 'htm/preact';
import { Fragment, h, type VNode } from 'preact';
import { render } from 'preact-render-to-string';

/** What a template accepts as a child: texts are escaped, and null and false render nothing. */
export type Html = VNode | readonly Html[] | string | number | false | null | undefined;

/** Builds HTML from a template. Every text and every attribute is escaped, so names may contain any text. */
export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): VNode {
  const built = template(strings, ...values);
  return Array.isArray(built) ? h(Fragment, null, built) : built;
}

/**
 * Renders a template. The exact texts of reports are most of the page, and JSON is full of quotation marks, which need no
 * reference in a text. A carriage return needs one, because the parser of HTML would replace it.
 */
export function renderHtml(node: VNode): string {
  return render(node)
    .replaceAll(/<pre [^<]*<\/pre>/g, (element) => element.replaceAll('&quot;', '"'))
    .replaceAll('\r', '&#13;');
}
