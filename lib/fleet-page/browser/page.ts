import { placeOf } from '../data/page-data.ts';
import { runQuery } from './query.ts';
import { readIndex, readText } from './read-block.ts';

/**
 * The script of the page: search, filter, order, and the databases of a large fleet that the document has only compressed.
 * Everything else works without it. docs/fleet-page-assets.ts bundles it.
 */

/** Rows that are shown at first, and with each press of the button. */
const ROWS_AT_ONCE = 200;

/** Age at which a page that is made each day is old, and the difference of two clocks that is not an error. In hours. */
const OLD_HOURS = 48;
const CLOCK_HOURS = 1;

function find<T extends Element>(selector: string, type: new () => T): T {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new TypeError(`The page has no ${selector}.`);
  return found;
}

const list = find('.list', HTMLOListElement);
const form = find('.controls', HTMLFormElement);
const status = find('.controls output', HTMLOutputElement);
const more = find('.more', HTMLButtonElement);
const rows = new Map(
  [...list.querySelectorAll('li')].filter((li) => li.parentElement === list).entries(),
);
/** Databases in the document; the others are in blocks. */
const listed = rows.size;

function parse(html: string): Element | null {
  const template = document.createElement('template');
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** Returns the row of a database, from the document or from a block. */
async function rowAt(position: number): Promise<HTMLLIElement> {
  const known = rows.get(position);
  if (known !== undefined) return known;
  const { block, index } = placeOf('row', position - listed);
  const row = parse(await readText(block, index));
  if (!(row instanceof HTMLLIElement)) throw new TypeError(`The page has no row ${position}.`);
  rows.set(position, row);
  return row;
}

/** Adds the details to a row that is opened for the first time. */
async function addDetails(row: HTMLLIElement): Promise<void> {
  const position = Number(row.dataset['position']);
  const opened = row.querySelector('details');
  if (opened === null || opened.querySelector('.details') !== null) return;
  const { block, index } = placeOf('details', position - listed);
  const details = parse(await readText(block, index));
  if (details !== null && opened.querySelector('.details') === null) opened.append(details);
}

list.addEventListener(
  'toggle',
  ({ target }) => {
    const row = target instanceof HTMLDetailsElement && target.open ? target.parentElement : null;
    if (row instanceof HTMLLIElement && row.parentElement === list) void addDetails(row);
  },
  { capture: true },
);

let limit = ROWS_AT_ONCE;
let latest = 0;

function value(name: string): string {
  const field = form.elements.namedItem(name);
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value : '';
}

const number = new Intl.NumberFormat('en');

/** Shows the databases that match. A query that was made meanwhile wins. */
async function show(): Promise<void> {
  latest += 1;
  const turn = latest;
  const index = await readIndex();
  const query = { search: value('search'), show: value('show'), order: value('order') };
  const found = runQuery(index, query);
  const shown = await Promise.all(found.slice(0, limit).map(rowAt));
  if (turn !== latest) return;
  list.replaceChildren(...shown);
  const all = number.format(index.length);
  const unit = index.length === 1 ? 'database' : 'databases';
  status.textContent =
    found.length === index.length
      ? `${all} ${unit}`
      : `${number.format(found.length)} of ${all} ${unit}`;
  const rest = found.length - shown.length;
  more.hidden = rest === 0;
  more.textContent = `Show ${number.format(Math.min(rest, ROWS_AT_ONCE))} more of ${number.format(rest)}`;
}

function restart(): void {
  limit = ROWS_AT_ONCE;
  void show();
}

form.addEventListener('input', restart);
form.addEventListener('submit', (event) => event.preventDefault());

more.addEventListener('click', () => {
  const first = list.childElementCount;
  limit += ROWS_AT_ONCE;
  void show().then(() => list.children[first]?.querySelector('summary')?.focus());
});

for (const link of document.querySelectorAll<HTMLAnchorElement>('a[data-show]')) {
  link.addEventListener('click', () => {
    find('[name=show]', HTMLSelectElement).value = link.dataset['show'] ?? '';
    restart();
  });
}

/** Warns of a page that is old, or of a clock that is wrong. */
function checkAge(): void {
  const hours = (Date.now() - Number(list.dataset['asOf'])) / 3_600_000;
  const note = find('.stale', HTMLParagraphElement);
  if (hours > OLD_HOURS) {
    note.textContent = `This page is ${number.format(Math.floor(hours / 24))} days old.`;
  } else if (hours < -CLOCK_HOURS) {
    note.textContent = 'This page is from the future: check the clock of this computer.';
  }
  note.hidden = note.textContent === '';
}

checkAge();
// Browsers from before 2023 show the list without search and order.
if ('DecompressionStream' in window) {
  form.hidden = false;
  void show();
}
