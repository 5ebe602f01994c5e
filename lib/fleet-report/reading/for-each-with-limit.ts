/**
 * Works on items with a limited number of concurrent calls, in the order of the items.
 *
 * @throws the first error of a call; no further call is started
 */
export async function forEachWithLimit<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  // All workers share one iterator.
  const queue = items[Symbol.iterator]();
  let isStopped = false;
  async function takeItems(): Promise<void> {
    for (let next = queue.next(); !next.done && !isStopped; next = queue.next()) {
      try {
        await work(next.value);
      } catch (error) {
        isStopped = true;
        throw error;
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, takeItems));
}
