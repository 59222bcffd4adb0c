import { Refusal } from './refusal.ts';
import type { RoutedRequest, RouteTable } from './route.ts';
import { standardResourceClasses } from './standard-names.ts';

/** `/resource_classes` and `/resource_classes/{name}` */
export const resourceClassRoutes: RouteTable = {
  '/resource_classes': {
    GET: ({ state }) => ({
      status: 200,
      body: { resource_classes: [...state.resourceClasses].map((name) => ({ name, links: [] })) },
    }),
  },
  '/resource_classes/{name}': { GET: show, PUT: ensure, DELETE: remove },
};

function show({ state, segments }: RoutedRequest) {
  const [name = ''] = segments;
  requireClass(state.resourceClasses, name);
  return { status: 200, body: { name, links: [] } };
}

function ensure({ state, segments }: RoutedRequest) {
  const [name = ''] = segments;
  if (!/^CUSTOM_[A-Z0-9_]+$/.test(name) || name.length > 255)
    throw new Refusal(400, `JSON does not validate: '${name}' does not match '^CUSTOM_[A-Z0-9_]+$'`);
  if (state.resourceClasses.has(name)) return { status: 204 };
  state.resourceClasses.add(name);
  return { status: 201 };
}

function remove({ state, segments }: RoutedRequest) {
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
