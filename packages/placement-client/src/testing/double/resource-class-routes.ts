import { z } from 'zod';
import type { PlacementState } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { parseInput, type RouteAnswer, type RoutedRequest, type RouteTable, since } from './route.ts';
import { standardResourceClasses } from './standard-names.ts';

const ClassBody = z.strictObject({
  name: z
    .string()
    .regex(/^CUSTOM_[A-Z0-9_]+$/)
    .max(255),
});

/** `/resource_classes` and `/resource_classes/{name}` */
export const resourceClassRoutes: RouteTable = {
  '/resource_classes': { GET: since(2, list), POST: since(2, create) },
  '/resource_classes/{name}': {
    GET: since(2, show),
    PUT: since(2, (request) => (request.minor < 7 ? rename(request) : ensure(request))),
    DELETE: since(2, remove),
  },
};

function list({ state }: RoutedRequest): RouteAnswer {
  return { status: 200, body: { resource_classes: [...state.resourceClasses].map(shown) } };
}

function show({ state, segments }: RoutedRequest): RouteAnswer {
  const [name = ''] = segments;
  requireClass(state.resourceClasses, name);
  return { status: 200, body: shown(name) };
}

function create({ state, body }: RoutedRequest): RouteAnswer {
  const { name } = parseInput(ClassBody, body);
  if (state.resourceClasses.has(name))
    throw new Refusal(409, `Conflicting resource class already exists: ${name}`);
  state.resourceClasses.add(name);
  return { status: 201, location: pathOf(name) };
}

function ensure({ state, segments }: RoutedRequest): RouteAnswer {
  const { name } = parseInput(ClassBody, { name: segments[0] });
  const location = pathOf(name);
  if (state.resourceClasses.has(name)) return { status: 204, location };
  state.resourceClasses.add(name);
  return { status: 201, location };
}

function rename({ state, segments, body }: RoutedRequest): RouteAnswer {
  const [from = ''] = segments;
  const { name: to } = parseInput(ClassBody, body);
  requireClass(state.resourceClasses, from);
  if (standardResourceClasses.includes(from))
    throw new Refusal(400, `Cannot update standard resource class ${from}`);
  if (to !== from && state.resourceClasses.has(to))
    throw new Refusal(409, `Resource class already exists: ${to}`);
  renameEverywhere(state, from, to);
  return { status: 200, body: shown(to) };
}

function renameEverywhere(state: PlacementState, from: string, to: string): void {
  const renamed = <T>(record: Record<string, T>) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name === from ? to : name, value]));
  state.resourceClasses.delete(from);
  state.resourceClasses.add(to);
  for (const provider of state.providers.values()) provider.inventories = renamed(provider.inventories);
  for (const { allocations } of state.consumers.values())
    for (const [provider, resources] of Object.entries(allocations))
      allocations[provider] = renamed(resources);
}

function remove({ state, segments }: RoutedRequest): RouteAnswer {
  const [name = ''] = segments;
  requireClass(state.resourceClasses, name);
  if (standardResourceClasses.includes(name))
    throw new Refusal(400, `Error in delete resource class: Cannot delete standard resource class ${name}.`);
  if ([...state.providers.values()].some(({ inventories }) => inventories[name] !== undefined))
    throw new Refusal(409, `Error in delete resource class: Resource class ${name} is in use.`);
  state.resourceClasses.delete(name);
  return { status: 204 };
}

function requireClass(classes: ReadonlySet<string>, name: string): void {
  if (!classes.has(name)) throw new Refusal(404, `No such resource class ${name}.`);
}

function shown(name: string) {
  return { name, links: [{ rel: 'self', href: pathOf(name) }] };
}

function pathOf(name: string): string {
  return `/resource_classes/${name}`;
}
