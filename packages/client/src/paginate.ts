import { type Page, pageOf } from '@cyborgjs/core';
import type { z } from 'zod';
import type { ApiCall, CallApi, CallOptions } from './call-api.ts';

/** How a collection is read. */
export interface ListOptions extends CallOptions {
  /** Items fetched at a time, 1 to 1000; the service's own measure when it is not said. */
  readonly pageSize?: number;
}

interface Collection<Item extends z.ZodType> {
  readonly path: string;
  readonly item: Item;
  readonly filter: NonNullable<ApiCall<unknown>['query']>;
  readonly options: ListOptions;
}

/**
 * Every item of a collection, page by page, each page fetched when the one before is used up. Throws when the
 * service names a marker for the second time, for that would never end.
 */
export async function* paginate<Item extends z.ZodType>(
  callApi: CallApi,
  { path, item, filter, options }: Collection<Item>,
): AsyncGenerator<z.output<Item>, void, undefined> {
  const { pageSize, ...call } = options;
  const seen = new Set<string>();
  let marker: string | undefined;
  do {
    const query = { ...filter, limit: pageSize, marker };
    const page: Page<z.output<Item>> = await callApi({
      method: 'GET',
      path,
      query,
      answer: pageOf(item),
      ...call,
    });
    yield* page.items;
    marker = page.next ?? undefined;
    if (marker !== undefined && seen.has(marker))
      throw new Error(`GET ${path}: the page after "${marker}" comes round again; the list would never end`);
    if (marker !== undefined) seen.add(marker);
  } while (marker !== undefined);
}
