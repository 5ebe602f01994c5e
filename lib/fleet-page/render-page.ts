import { worstFirst } from '../fleet/conditions.ts';
import type { DatabaseState } from '../fleet/database-state.ts';
import type { FleetState } from '../fleet/fleet-state.ts';
import { chartDays } from './charts/chart-days.ts';
import { dataBlock } from './data/data-block.ts';
import { indexEntries } from './data/index-entry.ts';
import { blockName, blockSize, INDEX_BLOCK } from './data/page-data.ts';
import { DOCUMENT_END, documentStart, SCRIPT_ELEMENT } from './document.ts';
import { visible } from './format.ts';
import { renderHtml } from './html.ts';
import { type DatabaseDetails, type DetailsOptions, detailsOfAll } from './sections/details.ts';
import { footer } from './sections/footer.ts';
import { header, listStart } from './sections/header.ts';
import { row } from './sections/row.ts';
import { shortTable } from './sections/short-table.ts';

/** Limits of the page, in bytes. */
interface PageLimits {
  /** Everything that the reader sees and can use before further databases are opened. */
  readonly firstView: number;
  /** The page. Beyond this limit, databases have no texts of reports. */
  readonly total: number;
}

export interface PageOptions extends DetailsOptions {
  readonly limits?: PageLimits;
}

const LIMITS: PageLimits = { firstView: 2_000_000, total: 12_000_000 };

/**
 * Renders the page of a fleet: one HTML document without any other resource, in parts.
 *
 * The first view contains the overview and the list, the worst databases first. When a fleet is too large for the limit, the
 * rows and details of the other databases follow compressed, and the script of the page shows them. Browsers without
 * JavaScript show the other databases as a table of versions and conditions.
 */
export async function* renderPage(
  state: FleetState,
  options: PageOptions = {},
): AsyncGenerator<string, void, undefined> {
  const { firstView, total } = options.limits ?? LIMITS;
  const all = worstFirst(state);
  const databases = all.filter(({ configured }) => configured);
  const removed = all.filter(({ configured }) => !configured);
  let bytes = 0;
  const counted = (text: string): string => {
    bytes += Buffer.byteLength(text);
    return text;
  };

  yield counted(documentStart(`Fleet ${visible(state.environment)}`));
  yield counted(renderHtml(header(state, chartDays(state))));
  yield counted(listStart(state, databases.length));

  const end = `${renderHtml(footer(state, removed))}${dataBlock(INDEX_BLOCK, indexEntries(databases))}${SCRIPT_ELEMENT}`;
  const limit = firstView - Buffer.byteLength(end);
  const short = shortTable(databases);
  const contents = detailsOfAll(databases, state.asOf, () => bytes < total, options);
  let listed = 0;
  let next = await contents.next();
  while (next.done !== true) {
    const item = renderRow(state, next.value, listed);
    const needed = bytes + Buffer.byteLength(item) + short.bytesFrom(listed + 1);
    // The first one is listed in any case.
    if (listed > 0 && needed > limit) break;
    yield counted(item);
    listed += 1;
    next = await contents.next();
  }
  yield counted(
    `</ol><button class="more" type="button" hidden></button>${short.from(listed, limit - bytes)}</main>${end}`,
  );

  for (const block of packRows(state, databases, listed)) yield counted(block);
  if (next.done !== true) {
    for await (const block of packDetails(next.value, contents)) yield counted(block);
  }
  yield DOCUMENT_END;
}

function renderRow(
  { asOf }: FleetState,
  { database, content }: DatabaseDetails,
  position: number,
): string {
  return renderHtml(row(database, { asOf, content, position }));
}

/** Renders the rows from a position on, without their details, into blocks. */
function* packRows({ asOf }: FleetState, databases: readonly DatabaseState[], from: number) {
  const size = blockSize('row');
  for (let start = from; start < databases.length; start += size) {
    const rows = databases
      .slice(start, start + size)
      .map((database, index) => renderHtml(row(database, { asOf, position: start + index })));
    yield dataBlock(blockName('row', (start - from) / size), rows);
  }
}

/** Renders details into blocks. */
async function* packDetails(first: DatabaseDetails, others: AsyncIterable<DatabaseDetails>) {
  let packed = [renderHtml(first.content)];
  let blocks = 0;
  for await (const { content } of others) {
    if (packed.length === blockSize('details')) {
      yield dataBlock(blockName('details', blocks), packed);
      packed = [];
      blocks += 1;
    }
    packed.push(renderHtml(content));
  }
  yield dataBlock(blockName('details', blocks), packed);
}
