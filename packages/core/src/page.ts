import { z } from 'zod';

/** One page of a collection; ask again with `marker=<next>` while `next` is not null. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly next: string | null;
}

/** Query arguments of every collection: at most `limit` items after the one named by `marker`. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  marker: z.string().optional(),
});
export type PageQuery = z.output<typeof PageQuery>;
