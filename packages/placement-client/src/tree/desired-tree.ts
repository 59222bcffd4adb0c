import type { InventoryInput } from '../inventory.ts';
import type { ResourceProvider } from '../resource-providers.ts';

/** One provider as it shall be. */
export interface DesiredProvider {
  /** Lower case with dashes, and always the same for the same thing: best made from the name. */
  readonly uuid: string;
  /** At most 200 characters, unique in the cloud. */
  readonly name: string;
  /** The root when it is null or left out. */
  readonly parentUuid?: string | null;
  /** All that it has; a class that is not named here is removed. Placement knows no total of 0: leave the class out. */
  readonly inventories: Readonly<Record<string, InventoryInput>>;
  /** Those that it must have; of the others only owned ones are removed. */
  readonly traits: readonly string[];
  /**
   * Uuids of the aggregates that it shall be in; of the others only owned ones are left. When this is missing they are
   * neither read nor written. Naming them costs one request for each provider that has to be read, and none in a sync
   * that finds nothing changed. Writers that speak a version below 1.19 leave no trace: what they change is seen when
   * the provider is read for another reason.
   */
  readonly aggregates?: readonly string[];
}

/** What shall hang below one provider of Placement. */
export interface DesiredTree {
  /**
   * The provider that all hangs below: by uuid, or by name when somebody else chose the uuid (Nova, for a compute
   * node). It is never deleted or renamed, and its inventory and traits are never touched.
   */
  readonly root: { readonly uuid?: string; readonly name?: string };
  /** Makes the root when it does not exist; needs both its uuid and its name. Default false. */
  readonly createRoot?: boolean;
  readonly providers: readonly DesiredProvider[];
  /** Whether a trait of one of these providers is ours to remove. All others survive, whoever put them there. */
  readonly ownedTrait: (name: string) => boolean;
  /**
   * Whether an aggregate of a provider that names its own is ours to leave. Default: all are, so that it is in exactly
   * those that it names.
   */
  readonly ownedAggregate?: (uuid: string) => boolean;
  /** Whether a provider of the tree that is not named here is ours to delete. */
  readonly ownedProvider: (provider: ResourceProvider) => boolean;
}

/** Why a provider that should be gone, or a class that it should not have any more, is still there. */
export type RetainedReason =
  /** The provider has allocations. */
  | 'in-use'
  /** It has children that are in use or not ours. */
  | 'has-children'
  /** Something is allocated of classes that it should not have any more. */
  | 'inventory-in-use';

/** A provider that is kept against the wish, closed for new consumers. */
export interface RetainedProvider {
  readonly uuid: string;
  readonly name: string;
  readonly reason: RetainedReason;
}

/** What a sync did. All lists are of uuids. */
export interface TreeSyncResult {
  readonly rootUuid: string;
  /** HTTP requests to Placement, repeats included. 1 when nothing had changed, and one more for each retained. */
  readonly requests: number;
  readonly created: readonly string[];
  /** They existed under their uuid, though not in this tree when it was read. */
  readonly adopted: readonly string[];
  /** Something of them was written; created ones not included. */
  readonly updated: readonly string[];
  readonly deleted: readonly string[];
  readonly retained: readonly RetainedProvider[];
  /** How often somebody else had changed a provider while we wrote it. */
  readonly conflicts: number;
  /** Standard traits that this Placement does not have, and that were therefore left out. */
  readonly unknownTraits: readonly string[];
  /** Of every provider in the tree, after the sync. */
  readonly generationByUuid: Readonly<Record<string, number>>;
}
