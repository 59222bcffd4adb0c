import { isClosed } from '../inventory.ts';
import { isPlacementError, PlacementError } from '../placement-error.ts';
import { nameConflict } from './name-conflict.ts';
import {
  changed,
  changeOf,
  keepingClasses,
  opensNothing,
  type ProviderChange,
  type ProviderTarget,
  surplusClasses,
} from './plan-provider.ts';
import type { KnownView } from './provider-view.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * Writes to a provider what differs from its target, each part at the generation that the one before left: place,
 * then traits, aggregates and inventory, so that nothing is given out before it can be told apart. Inventory that gives out
 * nothing new goes first: a sick device must close even when its new traits are refused.
 *
 * @throws PlacementError `placement.concurrent_update`, `placement.name_conflict`, `placement.unknown_trait` …
 */
export async function writeProvider(
  run: SyncRun,
  view: KnownView,
  target: ProviderTarget,
): Promise<KnownView> {
  const { place, traits, aggregates, inventories } = changeOf(view, target);
  const closesOnly = inventories !== undefined && opensNothing(view, target);
  let at = view;
  if (closesOnly) at = await writeInventories(run, at, target);
  if (place !== undefined) at = await writePlace(run, at, place);
  if (traits !== undefined) at = await writeTraits(run, at, traits);
  if (aggregates !== undefined) at = await writeAggregates(run, at, aggregates);
  if (inventories !== undefined && !closesOnly) at = await writeInventories(run, at, target);
  return at;
}

async function writePlace(
  run: SyncRun,
  view: KnownView,
  place: NonNullable<ProviderChange['place']>,
): Promise<KnownView> {
  const { uuid } = view;
  const moves = place.parentUuid !== view.parentUuid;
  const body = { name: place.name, ...(moves && { parent_provider_uuid: place.parentUuid }) };
  try {
    await run.ask((placement, call) => placement.resourceProviders.update(uuid, body, call));
  } catch (error) {
    if (!isPlacementError(error, 'placement.duplicate_name')) throw error;
    throw await nameConflict(run, { uuid, name: place.name }, error);
  }
  return noteWrite(run, changed(view, { place }));
}

async function writeTraits(run: SyncRun, view: KnownView, traits: readonly string[]): Promise<KnownView> {
  const body = { resource_provider_generation: view.generation, traits };
  const written = await run.ask((placement, call) => placement.providerTraits.replace(view.uuid, body, call));
  run.traits.learn(traits);
  const generation = written.resource_provider_generation;
  return noteWrite(run, { ...changed(view, { traits }), generation });
}

async function writeAggregates(
  run: SyncRun,
  view: KnownView,
  aggregates: readonly string[],
): Promise<KnownView> {
  const body = { resource_provider_generation: view.generation, aggregates };
  const written = await run.ask((placement, call) => placement.aggregates.replace(view.uuid, body, call));
  // Below 1.19 the generation is neither told nor moved.
  const generation = written.resource_provider_generation ?? view.generation;
  return noteWrite(run, { ...changed(view, { aggregates }), generation });
}

/**
 * Writes inventory. Classes that should go but are in use stay, closed; when all that should go is closed already,
 * the one refused request is all that it costs.
 */
async function writeInventories(run: SyncRun, view: KnownView, target: ProviderTarget): Promise<KnownView> {
  try {
    return await replaceInventories(run, view, target);
  } catch (error) {
    if (!isPlacementError(error, 'placement.inventory.inuse')) throw error;
    const { uuid, name } = view;
    run.tally.retained.set(uuid, { uuid, name, reason: 'inventory-in-use' });
    const kept = keepingClasses(target, view, await classesToKeep(run, view, target));
    return changeOf(view, kept).inventories === undefined ? view : replaceInventories(run, view, kept);
  }
}

async function replaceInventories(
  run: SyncRun,
  view: KnownView,
  { inventories }: ProviderTarget,
): Promise<KnownView> {
  const body = { resource_provider_generation: view.generation, inventories };
  const written = await run.ask((placement, call) => placement.inventories.replace(view.uuid, body, call));
  const generation = written.resource_provider_generation;
  return noteWrite(run, { ...changed(view, { inventories }), generation });
}

async function classesToKeep(run: SyncRun, view: KnownView, target: ProviderTarget): Promise<Set<string>> {
  const surplus = surplusClasses(view, target);
  const isAllClosed = surplus.every((name) => {
    const inventory = view.contents.inventories[name];
    return inventory !== undefined && isClosed(inventory);
  });
  if (isAllClosed) return new Set(surplus);
  const usages = await run.ask((placement, call) => placement.usages.ofProvider(view.uuid, call));
  if (usages.resource_provider_generation !== view.generation)
    throw new PlacementError(
      'placement.concurrent_update',
      `the allocations of provider "${view.name}" changed while it was written`,
    );
  return new Set(surplus.filter((name) => (usages.usages[name] ?? 0) > 0));
}

/** Takes note of what a provider holds after a write. */
export function noteWrite(run: SyncRun, view: KnownView): KnownView {
  run.views.set(view.uuid, view);
  if (!run.tally.created.has(view.uuid)) run.tally.updated.add(view.uuid);
  return view;
}
