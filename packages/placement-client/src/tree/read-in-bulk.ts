import type { AllocationCandidates } from '../allocation-candidates.ts';
import { capacityOf, type Inventories, type Inventory } from '../inventory.ts';
import { mapValues } from '../map-values.ts';
import { compareMicroversions } from '../microversion.ts';
import { isPlacementError } from '../placement-error.ts';
import type { ResourceProvider } from '../resource-providers.ts';
import type { ProviderHoldings } from './provider-tree.ts';
import { noHoldings, type TreeReading } from './read-holdings.ts';

/** What a bulk reading found. */
export interface BulkReading {
  /** The providers of the tree as they were listed last. */
  readonly current: readonly ResourceProvider[];
  /** Of those that nobody wrote meanwhile. */
  readonly holdings: ReadonlyMap<string, ProviderHoldings>;
}

type Summaries = AllocationCandidates['provider_summaries'];

/** Below this reading each by itself is no dearer. */
const fewest = 3;
/** For how many classes candidates are asked before it is taken that the tree has nothing left to give. */
const classesTried = 2;

/**
 * Reads traits and usage of a whole tree with one request: any candidate in it comes with a summary of every
 * provider. Summaries have no generation, so that the tree is listed again: what has the same one is as it was read.
 */
export async function readInBulk(
  reading: TreeReading,
  listed: readonly ResourceProvider[],
): Promise<BulkReading> {
  const untouched = listed.filter(({ generation }) => generation === 0);
  const nothing = { current: listed, holdings: holdingsOfUntouched(untouched) };
  const [first] = listed;
  const isWorthIt = listed.length - untouched.length >= fewest && first !== undefined;
  if (!isWorthIt || compareMicroversions(reading.placement.microversion(), '1.29') < 0) return nothing;

  const inventories = await readInventories(reading, listed);
  const root = first.root_provider_uuid;
  const summaries = await summariesOf(reading, root, inventories);
  if (summaries === undefined) return nothing;
  const { placement, call } = reading;
  const current = await placement.resourceProviders.list({ in_tree: root }, call);
  const before = new Map(listed.map(({ uuid, generation }) => [uuid, generation]));
  const holdings = holdingsOfUntouched(current.filter(({ generation }) => generation === 0));
  for (const { uuid, generation } of current) {
    const read = inventories.get(uuid);
    const summary = summaries[uuid];
    const stoodStill = before.get(uuid) === generation && read?.generation === generation;
    if (read === undefined || summary === undefined || !stoodStill) continue;
    const usages = mapValues(summary.resources, ({ used }) => used);
    holdings.set(uuid, { generation, inventories: read.inventories, traits: summary.traits, usages });
  }
  return { current, holdings };
}

function holdingsOfUntouched(providers: readonly ResourceProvider[]): Map<string, ProviderHoldings> {
  return new Map(providers.map(({ uuid }) => [uuid, noHoldings]));
}

type ReadInventories = ReadonlyMap<
  string,
  { readonly generation: number; readonly inventories: Inventories }
>;

async function readInventories(
  { placement, limit, call }: TreeReading,
  listed: readonly ResourceProvider[],
): Promise<ReadInventories> {
  const read = new Map<string, { generation: number; inventories: Inventories }>();
  const written = listed.filter(({ generation }) => generation > 0);
  await Promise.all(
    written.map(async ({ uuid }) => {
      try {
        const answer = await limit(() => placement.inventories.get(uuid, call));
        read.set(uuid, { ...answer, generation: answer.resource_provider_generation });
      } catch (error) {
        if (!isPlacementError(error, 'placement.not_found')) throw error;
      }
    }),
  );
  return read;
}

/** Undefined when nothing of the classes tried is free. */
async function summariesOf(
  { placement, call }: TreeReading,
  root: string,
  inventories: ReadInventories,
): Promise<Summaries | undefined> {
  for (const resources of smallestRequests(inventories)) {
    const query = { resources, in_tree: root, limit: 1 };
    const { provider_summaries: summaries } = await placement.allocationCandidates.query(query, call);
    if (Object.keys(summaries).length > 0) return summaries;
  }
  return undefined;
}

/** For the classes of which there is most: the least that can be asked of each. */
function smallestRequests(inventories: ReadInventories): string[] {
  const all = [...inventories.values()].flatMap((provider) => Object.entries(provider.inventories));
  const open = all.filter(([, inventory]) => capacityOf(inventory) >= smallestAmount(inventory));
  const byCapacity = open.toSorted(([, left], [, right]) => capacityOf(right) - capacityOf(left));
  const amounts = new Map<string, number>();
  for (const [name, inventory] of byCapacity)
    if (!amounts.has(name)) amounts.set(name, smallestAmount(inventory));
  return [...amounts].slice(0, classesTried).map(([name, amount]) => `${name}:${amount}`);
}

function smallestAmount({ min_unit: least, step_size: step }: Inventory): number {
  return Math.ceil(least / step) * step;
}
