import {
  createTreeSync,
  type Placement,
  type DesiredTree as PlacementTree,
} from '@cyborgjs/placement-client';
import type { DesiredTree, WriteTree } from './placement-writer.ts';
import { type DesiredProvider, isOwnProvider, isOwnTrait, providerUuid } from './provider-tree.ts';

interface TreeWriterInit {
  readonly placement: Placement;
  readonly host: string;
  /** Make the provider of the host when it is absent; otherwise nova-compute does. */
  readonly createRoot: boolean;
}

/** Writes the tree of one host and remembers what it wrote, so that a pass with nothing new costs one request. */
export function createTreeWriter({ placement, host, createRoot }: TreeWriterInit): WriteTree {
  const sync = createTreeSync(placement);
  return async (tree, signal) => {
    const { requests, retained } = await sync.sync(placementTree(tree, { host, createRoot }), { signal });
    return { requests, retained: retained.map(({ name }) => name) };
  };
}

/** A host's tree in the words of Placement. */
export function placementTree(
  tree: DesiredTree,
  { host, createRoot }: { readonly host: string; readonly createRoot: boolean },
): PlacementTree {
  return {
    root: createRoot ? { uuid: providerUuid(host), name: host } : { name: host },
    createRoot,
    providers: tree.providers.map(placementProvider),
    ownedTrait: (trait) => isOwnTrait(trait, tree.claimedTraits),
    ownedProvider: (provider) => tree.complete && isOwnProvider(host, provider),
  };
}

/** The amounts that Cyborg writes: everything in units of one, `max_unit` at the total, no overcommit. */
function placementProvider({ uuid, name, resourceClass, total, reserved, traits }: DesiredProvider) {
  const amounts = { total, reserved, min_unit: 1, max_unit: total, step_size: 1, allocation_ratio: 1 };
  return { uuid, name, traits, inventories: total === 0 ? {} : { [resourceClass]: amounts } };
}
