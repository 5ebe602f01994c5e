import type { ServerInfo } from '../../timescaledb/server-info.ts';

/** Rows of pg_am that the server is initialised with. */
const HEAP = 2;
const BTREE = 403;

/** The majors whose source was read for the proof below: 15.18, 16.4, 17.6 and 18.4. */
const PROVEN_SINCE = 150_000;
const PROVEN_BEFORE = 190_000;

/** Whether the forks of a table prove the sizes of its indexes; see IS_ONE_PAGE_INDEX. */
function isProven({ serverVersionNum }: ServerInfo): boolean {
  return serverVersionNum >= PROVEN_SINCE && serverVersionNum < PROVEN_BEFORE;
}

/**
 * Renders whether the files of a table `t`, or of its TOAST table, had no page since they were created, by the sizes of the main
 * fork and, measured later, of the free space map. Such a table has no visibility map. A TOAST table has the access method and
 * the persistence of its table.
 */
export function isNewHeap(server: ServerInfo, mainSize: string, fsmSize: string): string {
  return isProven(server)
    ? `${mainSize} = 0 and ${fsmSize} = 0 and t.relam = ${HEAP} and t.relpersistence = 'p'`
    : 'false';
}

/**
 * Whether an index (`i` in pg_index, `c` in pg_class) of `o` has exactly one page and no other fork, so that it need
 * not be opened. The proof:
 *
 * 1. A btree index that is built on a heap without rows has one page, its metapage. It gets another page only for the entry of a
 *    row, and the row is written to the heap before. It gets a free space map only when VACUUM finds a deleted page, which is
 *    not the metapage. So it has one page if its heap never had a page since the files of both were created.
 * 2. CREATE, TRUNCATE, REINDEX, CLUSTER, VACUUM FULL, a new access method and a new persistence create new files; whenever the
 *    heap's file is new, the index's file is built anew, too. TRUNCATE of a table that the same transaction created shortens the
 *    heap and builds the indexes again. Copies (SET TABLESPACE, CREATE DATABASE, pg_upgrade, backups) copy every fork.
 * 3. Otherwise only VACUUM shortens a heap (lazy_truncate_heap() in vacuumlazy.c), and the indexes keep their pages. The same
 *    VACUUM has scanned the last page of the heap and recorded its free space (lazy_scan_heap(), lazy_vacuum_heap_rel()), or a
 *    dead line pointer keeps the page. This does not depend on the number of pages: no release has a free space map for larger
 *    heaps only. The map has three pages at least then. Shortening a heap to nothing leaves two of them
 *    (FreeSpaceMapPrepareTruncateRel()), and nothing removes them from the file. A standby, and crash recovery with
 *    full_page_writes, record free space when they replay the removal of rows.
 * 4. So a heap without pages and without a free space map is new. The order matters: a free space map that is measured first
 *    may be created, and the heap shortened, before the main fork is measured.
 *
 * pg_class.relpages <= 1 is no proof: VACUUM can be interrupted between the removal of rows and the update of the index's
 * relpages; the next VACUUM finds no row to remove, shortens the heap and leaves relpages as they were. And statistics can be
 * restored (PostgreSQL 18). It is required in addition, for free space maps that an administrator has deleted.
 *
 * The proof assumes that files keep their sizes, and that the file had no other major's VACUUM. No query can detect these cases:
 *
 * - The machine stopped, or a snapshot of its disks was restored, while the first row of a table was inserted. Extending a file is
 *   not in the WAL. The file system can have kept the new page of the index, but not that of the heap.
 * - pg_upgrade copied the files from a release before 15, where VACUUM can shorten a heap without recording the free space of a
 *   page that another session had pinned, if an earlier VACUUM ended between removing the last rows and recording their space.
 *   pg_upgrade to 15 and 16 leaves relpages at 1.
 *
 * Excluded: unlogged relations, which have only an init fork on a standby; indexes that are not valid, which an interrupted
 * CREATE INDEX CONCURRENTLY leaves without a page; PostgreSQL before 15, where VACUUM can shorten a heap without recording the
 * free space of a page that another session had pinned.
 */
export const IS_ONE_PAGE_INDEX = `o.is_new_heap and i.indisvalid and i.indisready and c.relam = ${BTREE} and c.relpages between 0 and 1`;
