import type { Placement } from '../placement.ts';
import type { CallOptions } from '../placement-call.ts';
import { isPlacementError } from '../placement-error.ts';
import { checkTree } from './check-tree.ts';
import { holdingsOf, inUse } from './consumer-holding.ts';
import type { DesiredTree } from './desired-tree.ts';

/** A name that is wanted by one uuid and had by another one. */
export interface NameConflict {
  readonly name: string;
  /** Who wants it. */
  readonly uuid: string;
  /** Who has it. */
  readonly ownerUuid: string;
  /** The tree that the owner is in. */
  readonly ownerRootUuid: string | null;
}

/** A tree that takes those who have its names for its own. */
export interface Adoption {
  /** To be planned or synced in place of the first one. */
  readonly tree: DesiredTree;
  /** What differs. */
  readonly adopted: readonly NameConflict[];
}

/** The name conflicts that an error tells of, also where a sync met several. None when it is about something else. */
export function nameConflictsOf(error: unknown): NameConflict[] {
  if (isPlacementError(error, 'placement.sync_incomplete') && error.cause instanceof AggregateError)
    return error.cause.errors.flatMap(nameConflictsOf);
  if (!isPlacementError(error, 'placement.name_conflict')) return [];
  const { name, uuid, ownerUuid, ownerRootUuid } = error.details;
  return [
    {
      name: String(name),
      uuid: String(uuid),
      ownerUuid: String(ownerUuid),
      ownerRootUuid: typeof ownerRootUuid === 'string' ? ownerRootUuid : null,
    },
  ];
}

/**
 * Looks who has the names of a tree, and where that is another uuid takes it in place of the one that was wanted: the
 * way out of `placement.name_conflict` when the owner is the same thing under an older identity. Changes nothing; takes
 * one request for each name, and one more for each that is had by another one. What is allocated of the owners stays
 * theirs.
 *
 * @throws PlacementError `placement.resource_provider.inuse` with `details.consumers` when something is allocated under
 * the uuid that would be given up; `placement.invalid_tree` when the tree names the owner as something else
 */
export async function adoptOwners(
  placement: Placement,
  tree: DesiredTree,
  call: CallOptions = {},
): Promise<Adoption> {
  checkTree(tree);
  const adopted: NameConflict[] = [];
  for (const { uuid, name } of [tree.root, ...tree.providers]) {
    if (uuid === undefined || name === undefined) continue;
    const [owner] = await placement.resourceProviders.list({ name }, call);
    if (owner === undefined || owner.uuid === uuid) continue;
    const consumers = await holdingsOf(placement, uuid, call).catch((error: unknown) => {
      if (isPlacementError(error, 'placement.not_found')) return [];
      throw error;
    });
    if (consumers.length > 0)
      throw inUse(`provider ${uuid}, which ${owner.uuid} would stand in for as "${name}",`, consumers);
    adopted.push({ name, uuid, ownerUuid: owner.uuid, ownerRootUuid: owner.root_provider_uuid });
  }
  const adoption = { tree: withOwners(tree, adopted), adopted };
  checkTree(adoption.tree);
  return adoption;
}

function withOwners(tree: DesiredTree, adopted: readonly NameConflict[]): DesiredTree {
  const owners = new Map(adopted.map(({ uuid, ownerUuid }) => [uuid, ownerUuid]));
  const ownerOf = (uuid: string) => owners.get(uuid) ?? uuid;
  const { root } = tree;
  return {
    ...tree,
    root: { ...root, ...(root.uuid !== undefined && { uuid: ownerOf(root.uuid) }) },
    providers: tree.providers.map(({ parentUuid, ...provider }) => ({
      ...provider,
      uuid: ownerOf(provider.uuid),
      parentUuid: parentUuid ? ownerOf(parentUuid) : null,
    })),
  };
}
