import { type NeededVersion, newestNeeded } from './microversion.ts';
import { chunksOf, queryLimit } from './query-length.ts';

/** Which providers to list; all filters must fit. */
export interface ResourceProviderFilter {
  readonly name?: string | undefined;
  readonly uuid?: string | undefined;
  /** Any provider of the tree. A uuid that nobody has gives an empty list. */
  readonly in_tree?: string | undefined;
  /** Free capacity, `VGPU:1,PGPU:2`. */
  readonly resources?: string | undefined;
  /** Traits: `A,B` (both), `!A`, and from 1.39 `in:A,B` (any) and several entries, which must all fit. */
  readonly required?: string | readonly string[] | undefined;
  /** An aggregate's uuid, `in:U,V`, `!U`; several entries must all fit. */
  readonly member_of?: string | readonly string[] | undefined;
}

/** The newest feature that a filter uses, and the version that it came with. */
export function filterNeeds(filter: ResourceProviderFilter): NeededVersion {
  const [required, members] = [listOf(filter.required), listOf(filter.member_of)];
  const needs: (NeededVersion | false)[] = [
    { version: '1.0', what: 'listing providers' },
    members.length > 0 && { version: '1.3', what: 'listing providers by aggregate' },
    filter.resources !== undefined && { version: '1.4', what: 'listing providers by free capacity' },
    filter.in_tree !== undefined && { version: '1.14', what: 'listing the providers of a tree' },
    required.length > 0 && { version: '1.18', what: 'listing providers by trait' },
    required.some((text) => text.includes('!')) && {
      version: '1.22',
      what: 'listing providers without a trait',
    },
    members.length > 1 && { version: '1.24', what: 'listing providers in several aggregates at once' },
    members.some((text) => text.startsWith('!')) && {
      version: '1.32',
      what: 'listing providers outside of an aggregate',
    },
    // An older server would look at the last of several only, without a word.
    (required.length > 1 || required.some((text) => text.startsWith('in:'))) && {
      version: '1.39',
      what: 'listing providers with any of several traits',
    },
  ];
  return newestNeeded(needs.filter((need) => need !== false));
}

/** Filters whose providers together are those of one: every provider is judged by itself. */
export function splitFilter(filter: ResourceProviderFilter): ResourceProviderFilter[] {
  for (const key of ['member_of', 'required'] as const) {
    const texts = listOf(filter[key]);
    const at = texts.findIndex((text) => text.startsWith('in:') && text.length > queryLimit);
    if (at < 0) continue;
    const chunks = chunksOf((texts[at] ?? '').slice('in:'.length).split(','));
    return chunks.map((chunk) => ({ ...filter, [key]: texts.with(at, `in:${chunk.join(',')}`) }));
  }
  return [filter];
}

function listOf(texts: string | readonly string[] | undefined): readonly string[] {
  return texts === undefined ? [] : [texts].flat();
}
