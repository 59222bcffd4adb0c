/** Rows in one statement: far below what the databases take as parameters (SQLite 32 766, PostgreSQL 65 535). */
const chunkSize = 500;

/** Many items in portions that fit into one statement. */
export function chunksOf<Item>(items: readonly Item[]): Item[][] {
  const count = Math.ceil(items.length / chunkSize);
  return Array.from({ length: count }, (_, index) => items.slice(index * chunkSize, (index + 1) * chunkSize));
}

/** Does something with many items in portions that fit into one statement; the results in order. */
export async function inChunks<Item, Result>(
  items: readonly Item[],
  work: (chunk: Item[]) => Promise<readonly Result[]>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const chunk of chunksOf(items)) results.push(...(await work(chunk)));
  return results;
}
