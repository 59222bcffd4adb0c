/** Rows in one statement: far below what the databases take as parameters (SQLite 32 766, PostgreSQL 65 535). */
const chunkSize = 500;

/** Does something with many items in portions that fit into one statement; the results in order. */
export async function inChunks<Item, Result>(
  items: readonly Item[],
  work: (chunk: Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += chunkSize)
    results.push(...(await work(items.slice(start, start + chunkSize))));
  return results;
}
