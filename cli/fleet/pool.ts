/**
 * Maps items with a limited number of concurrent calls. The results are in the order of the items.
 *
 * @param limit greatest number of calls at a time
 * @param work must not throw: the results of the other items would be lost
 */
export async function mapWithLimit<Item, Result>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  // All workers share one iterator.
  const queue = items.entries();
  async function takeItems(): Promise<void> {
    for (const [index, item] of queue) results[index] = await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, takeItems));
  return results;
}
