/**
 * Does something with many items, so many of them at once; the results in the order of the items. After an error no
 * more are begun.
 */
export async function runBounded<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, at: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const results = new Array<Result>(items.length);
  let hasFailed = false;
  const rest = items.entries();
  const runner = async () => {
    for (const [at, item] of rest) {
      if (hasFailed) return;
      try {
        results[at] = await work(item, at);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, runner));
  return results;
}
