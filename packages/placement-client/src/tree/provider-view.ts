import type { Inventories } from '../inventory.ts';
import type { ResourceProvider } from '../resource-providers.ts';
import type { DesiredProvider } from './desired-tree.ts';

/** What a provider holds. */
export interface ProviderContents {
  readonly inventories: Inventories;
  readonly traits: readonly string[];
  /** Missing while nobody has asked for them. */
  readonly aggregates?: readonly string[];
}

/** What is known of a provider; `contents` belong to the generation. */
export interface ProviderView {
  readonly uuid: string;
  readonly name: string;
  readonly parentUuid: string | null;
  readonly generation: number;
  /** Undefined when they must be read first. */
  readonly contents: ProviderContents | undefined;
}

/** A provider whose contents are known. */
export type KnownView = ProviderView & { readonly contents: ProviderContents };

const empty: ProviderContents = { inventories: {}, traits: [] };

/**
 * What is known of a provider after it was listed: at an unchanged generation all that was known before, and of
 * generation 0 that nobody has written inventory or traits yet. Aggregates may have been written without moving it.
 * Name and parent do not move the generation.
 */
export function viewOf(listed: ResourceProvider, before?: ProviderView): ProviderView {
  const { uuid, name, generation, parent_provider_uuid: parentUuid } = listed;
  const kept = before?.generation === generation ? before.contents : undefined;
  return { uuid, name, parentUuid, generation, contents: kept ?? (generation === 0 ? empty : undefined) };
}

/** Whether all is known of a provider that it takes to bring it to a wish, if any. */
export function isKnown(
  view: ProviderView,
  desired?: Pick<DesiredProvider, 'aggregates'>,
): view is KnownView {
  if (view.contents === undefined) return false;
  return desired?.aggregates === undefined || view.contents.aggregates !== undefined;
}
