import type { Inventory } from '../../inventory.ts';
import { Refusal } from './refusal.ts';
import { standardResourceClasses, standardTraits } from './standard-names.ts';

/** A provider as the double keeps it. */
export interface ProviderRow {
  readonly uuid: string;
  name: string;
  generation: number;
  parent: string | null;
  inventories: Record<string, Inventory>;
  traits: string[];
  aggregates: string[];
}

/** A consumer as the double keeps it; one without allocations is a ghost. */
export interface ConsumerRow {
  generation: number;
  project: string;
  user: string;
  type: string;
  /** Amounts by class by provider. */
  allocations: Record<string, Record<string, number>>;
}

/** All that the double knows: plain data, so that a copy of it undoes a transaction. */
export interface PlacementState {
  providers: Map<string, ProviderRow>;
  consumers: Map<string, ConsumerRow>;
  traits: Set<string>;
  resourceClasses: Set<string>;
}

/** A cloud in which nobody has written yet. */
export function emptyState(): PlacementState {
  return {
    providers: new Map(),
    consumers: new Map(),
    traits: new Set(standardTraits),
    resourceClasses: new Set(standardResourceClasses),
  };
}

/** Does something wholly or not at all. */
export function transaction<T>(state: PlacementState, work: () => T): T {
  const before = structuredClone(state);
  try {
    return work();
  } catch (error) {
    Object.assign(state, before);
    throw error;
  }
}

/** The provider of a uuid. @throws Refusal 404 */
export function providerOf(state: PlacementState, uuid: string): ProviderRow {
  const provider = state.providers.get(uuid);
  if (provider === undefined) throw new Refusal(404, `No resource provider with uuid ${uuid} found`);
  return provider;
}

/** The root of the tree that a provider is in. */
export function rootOf(state: PlacementState, provider: ProviderRow): string {
  let at = provider;
  for (;;) {
    const parent = at.parent === null ? undefined : state.providers.get(at.parent);
    if (parent === undefined) return at.uuid;
    at = parent;
  }
}

/** How much of each class of a provider is allocated. */
export function usageOf(state: PlacementState, provider: string): Record<string, number> {
  const usage: Record<string, number> = {};
  for (const { allocations } of state.consumers.values())
    for (const [name, amount] of Object.entries(allocations[provider] ?? {}))
      usage[name] = (usage[name] ?? 0) + amount;
  return usage;
}

/** @throws Refusal 409 `placement.concurrent_update` when the generation is not the provider's */
export function requireGeneration(provider: ProviderRow, generation: number, detail: string): void {
  if (provider.generation !== generation)
    throw new Refusal(409, detail, { code: 'placement.concurrent_update' });
}

/** Gives a provider other inventory, as PUT inventories and the reshaper do. */
export function setInventories(
  state: PlacementState,
  provider: ProviderRow,
  inventories: Record<string, Inventory>,
): void {
  for (const name of Object.keys(inventories))
    if (!state.resourceClasses.has(name))
      throw new Refusal(
        400,
        `Unknown resource class in inventory for resource provider ${provider.uuid}: No such resource class ${name}.`,
      );
  const usage = usageOf(state, provider.uuid);
  for (const name of Object.keys(provider.inventories))
    if (inventories[name] === undefined && (usage[name] ?? 0) > 0)
      throw inventoryInUse(provider, name, 'update conflict: ');
  provider.inventories = inventories;
  provider.generation += 1;
}

/** The refusal to take away what is allocated. */
export function inventoryInUse(provider: ProviderRow, name: string, before: string): Refusal {
  return new Refusal(
    409,
    `${before}Inventory for '${name}' on resource provider '${provider.uuid}' in use.`,
    { code: 'placement.inventory.inuse' },
  );
}
