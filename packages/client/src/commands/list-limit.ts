import { type Command, InvalidArgumentError } from 'commander';

/** How many items a list command shows. */
export interface LimitFlags {
  readonly limit?: number;
}

/** Adds `--limit` to a list command. */
export function addLimitOption(command: Command): Command {
  return command.option('--limit <count>', 'show at most so many', (text) => {
    const count = Number(text);
    if (Number.isInteger(count) && count > 0) return count;
    throw new InvalidArgumentError('Expected a whole number above 0.');
  });
}

/** The items of a list, no more than `limit`; pages beyond it are not fetched. */
export async function collect<Item>(
  items: AsyncIterable<Item>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Item[]> {
  const taken: Item[] = [];
  for await (const item of items) {
    taken.push(item);
    if (taken.length >= limit) break;
  }
  return taken;
}
