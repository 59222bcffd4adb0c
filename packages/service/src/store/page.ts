import { CyborgError, type Page } from '@cyborgjs/core';
import type { ListQuery } from './list-query.ts';

/** How many rows to ask for: one more than the page, to know whether there is another. */
export function rowsFor({ limit }: ListQuery): number {
  return limit === undefined ? Number.MAX_SAFE_INTEGER : limit + 1;
}

/** Cuts the extra row off and names the last item as the marker of the next page. */
export function cutPage<Row>(
  rows: readonly Row[],
  { limit }: ListQuery,
  markerOf: (row: Row) => string,
): Page<Row> {
  if (limit === undefined || rows.length <= limit) return { items: rows, next: null };
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last === undefined ? null : markerOf(last) };
}

/** The error for a marker that names nothing. */
export function unknownMarker(noun: string, marker: string): CyborgError {
  return new CyborgError(
    'request.invalid',
    `marker: no ${noun} has the id ${marker}; use the "next" of the page before`,
    { details: { marker } },
  );
}
