export {
  type ProviderAggregateCalls,
  ProviderAggregates,
  type ProviderAggregatesInput,
} from './aggregates.ts';
export { type AllocationCandidateCalls, AllocationCandidates } from './allocation-candidates.ts';
export {
  type AllocatedResources,
  ConsumerAllocations,
  type ConsumerAllocationsInput,
} from './allocations.ts';
export {
  type CandidateGroup,
  type CandidatesQuery,
  type CandidatesRequest,
  candidatesQuery,
} from './candidates-query.ts';
export { type Consumers, type ConsumersOptions, createConsumers, type Owner } from './consumers.ts';
export {
  type NewInventory,
  ProviderInventories,
  type ProviderInventoriesInput,
  ProviderInventory,
  type ProviderInventoryCalls,
} from './inventories.ts';
export { type Inventories, Inventory, type InventoryInput } from './inventory.ts';
export type { Microversion } from './microversion.ts';
export { createPlacement, type Placement, type PlacementOptions } from './placement.ts';
export type { CallOptions } from './placement-call.ts';
export { isPlacementError, PlacementError } from './placement-error.ts';
export { type PlacementErrorCode, placementErrorTable } from './placement-error-table.ts';
export type { ResourceProviderFilter } from './provider-filter.ts';
export { type ProviderTraitCalls, ProviderTraits, type ProviderTraitsInput } from './provider-traits.ts';
export type { Reshape, Reshaper } from './reshaper.ts';
export {
  type NewResourceProvider,
  ProviderAllocations,
  ResourceProvider,
} from './resource-providers.ts';
export type { TraitFilter, Traits } from './traits.ts';
export { type Adoption, adoptOwners, type NameConflict, nameConflictsOf } from './tree/adopt-owners.ts';
export { applyPlan } from './tree/apply-plan.ts';
export { applyCleanup, type CleanupPlan, planCleanup } from './tree/clean-up.ts';
export type { ConsumerHolding } from './tree/consumer-holding.ts';
export type {
  DesiredProvider,
  DesiredTree,
  RetainedProvider,
  RetainedReason,
  TreeSyncResult,
} from './tree/desired-tree.ts';
export { diffTree, type Place, type PlanStep, type ProviderTreePlan } from './tree/diff-tree.ts';
export { formatPlan, type PlanLine, type PlanMark, planLines } from './tree/format-plan.ts';
export { createProviderTree, type ProviderTree, type TreeProvider } from './tree/provider-tree.ts';
export { iterateTree, type ReadTreeOptions, readTree, type TreeRoot } from './tree/read-tree.ts';
export { createTreeSync, syncTree, type TreeSync, type TreeSyncOptions } from './tree/tree-sync.ts';
export { type ProjectUsageFilter, ProjectUsages, ProviderUsages, type Usages } from './usages.ts';
export type { ServedVersions } from './versions.ts';
