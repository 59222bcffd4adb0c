import type { Placement } from '../placement.ts';
import { isPlacementError, PlacementError } from '../placement-error.ts';
import type { ResourceProvider } from '../resource-providers.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import {
  createProviderTree,
  type ProviderHoldings,
  type ProviderTree,
  type TreeProvider,
  treeProvider,
} from './provider-tree.ts';
import { noHoldings, readAggregates, readHoldings, type TreeReading } from './read-holdings.ts';
import { readInBulk } from './read-in-bulk.ts';

/** Which tree: by the uuid of any provider in it, or by the name of its root. */
export type TreeRoot = { readonly uuid: string } | { readonly name: string };

/** How a tree is read. */
export interface ReadTreeOptions {
  /** Requests at once, 1 to 8. Default 4. */
  readonly concurrency?: number;
  /** Of which providers the aggregates are read too, for one request each. Default: of none. */
  readonly aggregatesOf?: (provider: ResourceProvider) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called before every HTTP request. */
  readonly onAttempt?: () => void;
}

/**
 * Reads a whole tree with inventory, traits and usage: of N providers in N + 3 requests when the tree has something
 * left to give, in 3 N + 1 otherwise. What others change meanwhile is read again, so that every provider is as it
 * was at its generation.
 *
 * @throws PlacementError `placement.root_not_found`, `placement.concurrent_update`
 */
export async function readTree(
  placement: Placement,
  root: TreeRoot,
  options: ReadTreeOptions = {},
): Promise<ProviderTree> {
  const reading = startReading(placement, options);
  const listed = await listTree(reading, root);
  const { current, holdings } = await readInBulk(reading, listed);
  const read = await Promise.all(
    current.map(async (provider) => {
      const known = holdings.get(provider.uuid);
      return known === undefined ? readOne(reading, provider) : complete(reading, provider, known);
    }),
  );
  return createProviderTree(
    rootOf(current) ?? rootOf(listed) ?? '',
    read.filter((provider) => provider !== undefined),
  );
}

/**
 * The providers of a tree one after the other, parents before their children; a few are read ahead. For trees too
 * big to be held: what has been taken is not kept. Each is as it was at its generation, though not all at one time.
 *
 * @throws PlacementError `placement.root_not_found`, `placement.concurrent_update`
 */
export async function* iterateTree(
  placement: Placement,
  root: TreeRoot,
  options: ReadTreeOptions = {},
): AsyncGenerator<TreeProvider, void, undefined> {
  const { concurrency = 4 } = options;
  const reading = startReading(placement, options);
  const listed = await listTree(reading, root);
  const places = listed.map((provider) => treeProvider(provider, noHoldings));
  const order = createProviderTree(rootOf(listed) ?? '', places).providers.map(({ uuid }) => uuid);
  const byUuid = new Map(listed.map((provider) => [provider.uuid, provider]));
  const ahead: Promise<TreeProvider | undefined>[] = [];
  const waiting = order.values();
  const readNext = () => {
    const provider = byUuid.get(waiting.next().value ?? '');
    if (provider === undefined) return;
    const read = readOne(reading, provider);
    // Whoever stops early leaves reads behind that nobody waits for.
    read.catch(() => {});
    ahead.push(read);
  };
  for (let index = 0; index < concurrency; index++) readNext();
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    const provider = await next;
    readNext();
    if (provider !== undefined) yield provider;
  }
}

function startReading(
  placement: Placement,
  { concurrency = 4, aggregatesOf = () => false, signal, onAttempt }: ReadTreeOptions,
): TreeReading {
  const limit = createConcurrencyLimit(Math.min(8, Math.max(1, concurrency)));
  return { placement, limit, call: { signal, onAttempt }, aggregatesOf };
}

async function listTree({ placement, call }: TreeReading, root: TreeRoot): Promise<ResourceProvider[]> {
  const [named] = 'uuid' in root ? [root] : await placement.resourceProviders.list(root, call);
  const listed =
    named === undefined ? [] : await placement.resourceProviders.list({ in_tree: named.uuid }, call);
  if (listed.length > 0) return listed;
  throw new PlacementError(
    'placement.root_not_found',
    `no provider ${'uuid' in root ? `of uuid ${root.uuid}` : `named "${root.name}"`} is in Placement`,
    { details: root },
  );
}

/** Undefined when somebody deleted it. */
async function readOne(reading: TreeReading, listed: ResourceProvider): Promise<TreeProvider | undefined> {
  if (listed.generation === 0) return complete(reading, listed, noHoldings);
  try {
    return treeProvider(listed, await readHoldings(reading, listed));
  } catch (error) {
    if (isPlacementError(error, 'placement.not_found')) return undefined;
    throw error;
  }
}

/** What was read without asking the provider itself, with its aggregates; all anew when it was written meanwhile. */
async function complete(
  reading: TreeReading,
  listed: ResourceProvider,
  holdings: ProviderHoldings,
): Promise<TreeProvider | undefined> {
  try {
    const membership = await readAggregates(reading, listed);
    if (membership === undefined) return treeProvider(listed, holdings);
    const { resource_provider_generation: generation, aggregates } = membership;
    const isOne = (generation ?? holdings.generation) === holdings.generation;
    return treeProvider(listed, isOne ? { ...holdings, aggregates } : await readHoldings(reading, listed));
  } catch (error) {
    if (isPlacementError(error, 'placement.not_found')) return undefined;
    throw error;
  }
}

function rootOf([first]: readonly ResourceProvider[]): string | undefined {
  return first?.root_provider_uuid;
}
