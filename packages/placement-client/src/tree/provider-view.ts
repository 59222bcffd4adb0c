import type { Inventories } from '../inventory.ts';
import type { ResourceProvider } from '../resource-providers.ts';

/** What a provider holds. */
export interface ProviderContents {
  readonly inventories: Inventories;
  readonly traits: readonly string[];
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
 * generation 0 that nobody has written anything yet. Name and parent do not move the generation.
 */
export function viewOf(listed: ResourceProvider, before?: ProviderView): ProviderView {
  const { uuid, name, generation, parent_provider_uuid: parentUuid } = listed;
  const kept = before?.generation === generation ? before.contents : undefined;
  return { uuid, name, parentUuid, generation, contents: kept ?? (generation === 0 ? empty : undefined) };
}

/** Whether the contents of a provider are known. */
export function isKnown(view: ProviderView): view is KnownView {
  return view.contents !== undefined;
}
