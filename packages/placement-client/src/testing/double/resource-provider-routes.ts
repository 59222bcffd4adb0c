import { z } from 'zod';
import { aggregateFilters, isMember } from './aggregate-filter.ts';
import { type PlacementState, type ProviderRow, providerOf, rootOf, usageOf } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import {
  parseInput,
  type RouteAnswer,
  type RoutedRequest,
  type RouteTable,
  requireParameters,
  UuidLike,
} from './route.ts';
import { amountsIn, hasCapacity, requiredFilters, requireTraits, traitFilter } from './trait-filter.ts';

const Name = z.string().min(1).max(200);
const Parent = UuidLike.nullable().optional();
const NewRoot = z.strictObject({ name: Name, uuid: UuidLike.optional() });
const NewProvider = NewRoot.extend({ parent_provider_uuid: Parent });
const NameChange = z.strictObject({ name: Name });
const ProviderChange = NameChange.extend({ parent_provider_uuid: Parent });
/** Trees came with this minor version. */
const treesSince = 14;
/** From this one on a provider may leave its parent. */
const movesSince = 37;
/** By the minor version that they came with. */
const filters = { name: 0, uuid: 0, member_of: 3, resources: 4, in_tree: treesSince, required: 18 };

/** `/resource_providers` and `/resource_providers/{uuid}` */
export const resourceProviderRoutes: RouteTable = {
  '/resource_providers': { GET: list, POST: create },
  '/resource_providers/{uuid}': {
    GET: (request) => ({ status: 200, body: shownAt(request) }),
    PUT: update,
    DELETE: remove,
  },
};

function list(request: RoutedRequest): RouteAnswer {
  const { state, query, minor } = request;
  requireParameters(request, filters);
  const text = (name: string) => query.get(name) ?? undefined;
  const tree = parseInput(UuidLike.optional(), text('in_tree'), 'Invalid query string parameters');
  const root = treeRoot(state, tree === undefined ? undefined : text('in_tree'));
  const traits = requiredFilters(request);
  const aggregates = aggregateFilters(request);
  requireTraits(state, traits);
  const amounts = amountsIn(state, text('resources'));
  const found = [...state.providers.values()].filter(
    (provider) =>
      (root === undefined || rootOf(state, provider) === root) &&
      (text('name') ?? provider.name) === provider.name &&
      (text('uuid') ?? provider.uuid) === provider.uuid &&
      traitFilter(traits)(provider) &&
      hasCapacity(state, provider, amounts) &&
      isMember(provider, aggregates),
  );
  return {
    status: 200,
    body: { resource_providers: found.map((provider) => shown(state, provider, minor)) },
  };
}

/** The root to look for; one that nobody has when the uuid is unknown. */
function treeRoot(state: PlacementState, uuid: string | undefined): string | undefined {
  if (uuid === undefined) return undefined;
  const provider = state.providers.get(uuid);
  return provider === undefined ? '' : rootOf(state, provider);
}

function create({ state, body, minor }: RoutedRequest): RouteAnswer {
  const schema: z.ZodType<z.output<typeof NewProvider>> = minor < treesSince ? NewRoot : NewProvider;
  const { name, uuid = crypto.randomUUID(), parent_provider_uuid: parent = null } = parseInput(schema, body);
  // As SQLite: when both are taken, only the uuid is named.
  if (state.providers.has(uuid)) throw duplicate(`uuid: ${uuid}`);
  if (isTaken(state, name, uuid)) throw duplicate(`name: ${name}`);
  const refused = `Unable to create resource provider "${name}", ${uuid}: Object action create failed because:`;
  if (parent !== null && !state.providers.has(parent))
    throw new Refusal(400, `${refused} parent provider UUID does not exist.`);
  const provider = { uuid, name, generation: 0, parent, inventories: {}, traits: [], aggregates: [] };
  state.providers.set(uuid, provider);
  const location = `/resource_providers/${uuid}`;
  return minor < 20
    ? { status: 201, location }
    : { status: 200, location, body: shown(state, provider, minor) };
}

function update({ state, segments, body, minor }: RoutedRequest): RouteAnswer {
  const provider = providerOf(state, segments[0] ?? '');
  const schema: z.ZodType<z.output<typeof ProviderChange>> = minor < treesSince ? NameChange : ProviderChange;
  const { name, parent_provider_uuid: parent } = parseInput(schema, body);
  if (isTaken(state, name, provider.uuid)) throw duplicate(name);
  if (parent !== undefined) requireParent(state, provider, parent);
  if (parent !== undefined && minor < movesSince) refuseMove(provider, parent);
  provider.name = name;
  if (parent !== undefined) provider.parent = parent;
  return { status: 200, body: shown(state, provider, minor) };
}

function refuseMove({ uuid, parent: from }: ProviderRow, to: string | null): void {
  if (from === null || from === to) return;
  throw new Refusal(
    400,
    `Unable to save resource provider ${uuid}: Object action update failed because: ` +
      `${to === null ? 'un' : 're-'}parenting a provider is not currently allowed.`,
  );
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

function shownAt({ state, segments, minor }: RoutedRequest) {
  return shown(state, providerOf(state, segments[0] ?? ''), minor);
}

/** What a provider has, by the minor version that it came with. */
const parts = { inventories: 0, usages: 0, aggregates: 1, traits: 6, allocations: 11 };

function shown(state: PlacementState, provider: ProviderRow, minor: number) {
  const { uuid, name, generation, parent } = provider;
  const href = `/resource_providers/${uuid}`;
  const links = Object.entries(parts)
    .filter(([, partSince]) => minor >= partSince)
    .map(([rel]) => ({ rel, href: `${href}/${rel}` }));
  return {
    uuid,
    name,
    generation,
    links: [{ rel: 'self', href }, ...links],
    ...(minor >= treesSince && {
      parent_provider_uuid: parent,
      root_provider_uuid: rootOf(state, provider),
    }),
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
