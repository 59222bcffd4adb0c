import { z } from 'zod';
import { type PlacementState, type ProviderRow, providerOf, rootOf, usageOf } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { parseInput, type RoutedRequest, type RouteTable, UuidLike } from './route.ts';
import { amountsIn, hasCapacity, requiredFilters, requireTraits, traitFilter } from './trait-filter.ts';

const Name = z.string().min(1).max(200);
const Parent = UuidLike.nullable().optional();
const NewProvider = z.strictObject({ name: Name, uuid: UuidLike.optional(), parent_provider_uuid: Parent });
const ProviderChange = z.strictObject({ name: Name, parent_provider_uuid: Parent });
const filters = new Set(['name', 'uuid', 'in_tree', 'required', 'resources', 'member_of']);

/** `/resource_providers` and `/resource_providers/{uuid}` */
export const resourceProviderRoutes: RouteTable = {
  '/resource_providers': { GET: list, POST: create },
  '/resource_providers/{uuid}': {
    GET: (request) => ({ status: 200, body: shownAt(request) }),
    PUT: update,
    DELETE: remove,
  },
};

function list({ state, query }: RoutedRequest) {
  for (const key of query.keys())
    if (!filters.has(key))
      throw new Refusal(400, `Invalid query string parameters: ('${key}' was unexpected)`);
  const text = (name: string) => query.get(name) ?? undefined;
  const tree = parseInput(UuidLike.optional(), text('in_tree'), 'Invalid query string parameters');
  const root = treeRoot(state, tree === undefined ? undefined : text('in_tree'));
  const traits = requiredFilters(query);
  requireTraits(state, traits);
  const amounts = amountsIn(state, text('resources'));
  const found = [...state.providers.values()].filter(
    (provider) =>
      (root === undefined || rootOf(state, provider) === root) &&
      (text('name') ?? provider.name) === provider.name &&
      (text('uuid') ?? provider.uuid) === provider.uuid &&
      traitFilter(traits)(provider) &&
      hasCapacity(state, provider, amounts) &&
      isMember(provider, query.getAll('member_of')),
  );
  return { status: 200, body: { resource_providers: found.map((provider) => shown(state, provider)) } };
}

/** The root to look for; one that nobody has when the uuid is unknown. */
function treeRoot(state: PlacementState, uuid: string | undefined): string | undefined {
  if (uuid === undefined) return undefined;
  const provider = state.providers.get(uuid);
  return provider === undefined ? '' : rootOf(state, provider);
}

/** Whether a provider fits `member_of` filters: a uuid, `in:A,B`, `!A`, `!in:A,B`. */
export function isMember({ aggregates }: ProviderRow, filters: readonly string[]): boolean {
  return filters.every((filter) => {
    const isForbidden = filter.startsWith('!');
    const wanted = filter.replace(/^!?(in:)?/, '').split(',');
    return wanted.some((aggregate) => aggregates.includes(aggregate)) !== isForbidden;
  });
}

function create({ state, body }: RoutedRequest) {
  const {
    name,
    uuid = crypto.randomUUID(),
    parent_provider_uuid: parent = null,
  } = parseInput(NewProvider, body);
  // As SQLite: when both are taken, only the uuid is named.
  if (state.providers.has(uuid)) throw duplicate(`uuid: ${uuid}`);
  if (isTaken(state, name, uuid)) throw duplicate(`name: ${name}`);
  const refused = `Unable to create resource provider "${name}", ${uuid}: Object action create failed because:`;
  if (parent !== null && !state.providers.has(parent))
    throw new Refusal(400, `${refused} parent provider UUID does not exist.`);
  const provider = { uuid, name, generation: 0, parent, inventories: {}, traits: [], aggregates: [] };
  state.providers.set(uuid, provider);
  return { status: 200, body: shown(state, provider) };
}

function update({ state, segments, body }: RoutedRequest) {
  const provider = providerOf(state, segments[0] ?? '');
  const { name, parent_provider_uuid: parent } = parseInput(ProviderChange, body);
  if (isTaken(state, name, provider.uuid)) throw duplicate(name);
  if (parent !== undefined) requireParent(state, provider, parent);
  provider.name = name;
  if (parent !== undefined) provider.parent = parent;
  return { status: 200, body: shown(state, provider) };
}

function requireParent(state: PlacementState, provider: ProviderRow, parent: string | null): void {
  const refused = `Unable to save resource provider ${provider.uuid}: Object action update failed because:`;
  for (let at = parent; at !== null; ) {
    if (at === provider.uuid)
      throw new Refusal(400, `${refused} creating loop in the provider tree is not allowed.`);
    const ancestor = state.providers.get(at);
    if (ancestor === undefined) throw new Refusal(400, `${refused} parent provider UUID does not exist.`);
    at = ancestor.parent;
  }
}

function remove({ state, segments }: RoutedRequest) {
  const { uuid } = providerOf(state, segments[0] ?? '');
  if ([...state.providers.values()].some(({ parent }) => parent === uuid))
    throw new Refusal(
      409,
      `Unable to delete parent resource provider ${uuid}: It has child resource providers.`,
      {
        code: 'placement.resource_provider.cannot_delete_parent',
      },
    );
  if (Object.keys(usageOf(state, uuid)).length > 0)
    throw new Refusal(409, `Unable to delete resource provider ${uuid}: Resource provider has allocations.`, {
      code: 'placement.resource_provider.inuse',
    });
  state.providers.delete(uuid);
  return { status: 204 };
}

function shownAt({ state, segments }: RoutedRequest) {
  return shown(state, providerOf(state, segments[0] ?? ''));
}

function shown(state: PlacementState, provider: ProviderRow) {
  const { uuid, name, generation, parent } = provider;
  const href = `/resource_providers/${uuid}`;
  return {
    uuid,
    name,
    generation,
    links: [{ rel: 'self', href }],
    parent_provider_uuid: parent,
    root_provider_uuid: rootOf(state, provider),
  };
}

function isTaken(state: PlacementState, name: string, except: string): boolean {
  return [...state.providers.values()].some((provider) => provider.name === name && provider.uuid !== except);
}

function duplicate(what: string): Refusal {
  return new Refusal(409, `Conflicting resource provider ${what} already exists.`, {
    code: 'placement.duplicate_name',
  });
}
