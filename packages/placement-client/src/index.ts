export { ProviderAggregates } from './aggregates.ts';
export { AllocationCandidates } from './allocation-candidates.ts';
export {
  type AllocatedResources,
  ConsumerAllocations,
  type ConsumerAllocationsInput,
} from './allocations.ts';
export { ProviderInventories, type ProviderInventoriesInput } from './inventories.ts';
export { type Inventories, Inventory, type InventoryInput } from './inventory.ts';
export type { Microversion } from './microversion.ts';
export { createPlacement, type Placement, type PlacementOptions } from './placement.ts';
export type { CallOptions } from './placement-call.ts';
export { isPlacementError, PlacementError } from './placement-error.ts';
export { type PlacementErrorCode, placementErrorTable } from './placement-error-table.ts';
export { ProviderTraits } from './provider-traits.ts';
export type { Reshape } from './reshaper.ts';
export {
  type NewResourceProvider,
  ResourceProvider,
  type ResourceProviderFilter,
} from './resource-providers.ts';
export type { TraitFilter } from './traits.ts';
export type {
  DesiredProvider,
  DesiredTree,
  RetainedProvider,
  RetainedReason,
  TreeSyncResult,
} from './tree/desired-tree.ts';
export { createTreeSync, syncTree, type TreeSync, type TreeSyncOptions } from './tree/tree-sync.ts';
export { ProjectUsages, ProviderUsages } from './usages.ts';
