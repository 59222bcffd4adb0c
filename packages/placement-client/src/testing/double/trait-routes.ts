import { z } from 'zod';
import { providerOf, requireGeneration } from './placement-state.ts';
import { Refusal } from './refusal.ts';
import { parseInput, type RoutedRequest, type RouteTable, since } from './route.ts';
import { standardTraits } from './standard-names.ts';

const TraitsBody = z.strictObject({
  resource_provider_generation: z.int(),
  traits: z.array(z.string().regex(/^[A-Z0-9_]+$/)),
});

/** `/traits`, `/traits/{name}` and `/resource_providers/{uuid}/traits` */
export const traitRoutes: RouteTable = {
  '/traits': { GET: since(6, list) },
  '/traits/{name}': { GET: since(6, show), PUT: since(6, ensure), DELETE: since(6, remove) },
  '/resource_providers/{uuid}/traits': {
    GET: since(6, listOfProvider),
    PUT: since(6, replaceOfProvider),
    DELETE: since(6, removeOfProvider),
  },
};

function list({ state, query }: RoutedRequest) {
  const [operator, value = ''] = (query.get('name') ?? '').split(/:(.*)/s);
  const names = value.split(',');
  const used = new Set([...state.providers.values()].flatMap(({ traits }) => traits));
  const associated = query.get('associated');
  const found = [...state.traits].filter(
    (name) =>
      (operator !== 'in' || names.includes(name)) &&
      (operator !== 'startswith' || name.startsWith(value)) &&
      (associated === null || used.has(name) === (associated.toLowerCase() === 'true')),
  );
  return { status: 200, body: { traits: found } };
}

function show({ state, segments }: RoutedRequest) {
  requireTrait(state.traits, segments[0] ?? '');
  return { status: 204 };
}

function ensure({ state, segments }: RoutedRequest) {
  const [name = ''] = segments;
  if (!/^CUSTOM_[A-Z0-9_]+$/.test(name) || name.length > 255)
    throw new Refusal(
      400,
      'The trait is invalid. A valid trait must be no longer than 255 characters, start with the prefix "CUSTOM_" ' +
        'and use following characters: "A"-"Z", "0"-"9" and "_"',
    );
  const location = `/traits/${name}`;
  if (state.traits.has(name)) return { status: 204, location };
  state.traits.add(name);
  return { status: 201, location };
}

function remove({ state, segments }: RoutedRequest) {
  const [name = ''] = segments;
  requireTrait(state.traits, name);
  if (standardTraits.includes(name)) throw new Refusal(400, `Cannot delete standard trait ${name}.`);
  if ([...state.providers.values()].some(({ traits }) => traits.includes(name)))
    throw new Refusal(409, `The trait ${name} is in use by a resource provider.`);
  state.traits.delete(name);
  return { status: 204 };
}

function listOfProvider({ state, segments }: RoutedRequest) {
  const { generation, traits } = providerOf(state, segments[0] ?? '');
  return { status: 200, body: { resource_provider_generation: generation, traits } };
}

function replaceOfProvider({ state, segments, body }: RoutedRequest) {
  const input = parseInput(TraitsBody, body);
  const provider = providerOf(state, segments[0] ?? '');
  requireGeneration(
    provider,
    input.resource_provider_generation,
    "Resource provider's generation already changed. Please update the generation and try again.",
  );
  const traits = [...new Set(input.traits)];
  const unknown = traits.filter((name) => !state.traits.has(name));
  if (unknown.length > 0) throw new Refusal(400, `No such trait ${unknown.join(', ')}`);
  const isSame =
    traits.length === provider.traits.length && traits.every((name) => provider.traits.includes(name));
  if (!isSame) provider.generation += 1;
  provider.traits = traits;
  return { status: 200, body: { resource_provider_generation: provider.generation, traits } };
}

function removeOfProvider({ state, segments }: RoutedRequest) {
  const provider = providerOf(state, segments[0] ?? '');
  if (provider.traits.length > 0) provider.generation += 1;
  provider.traits = [];
  return { status: 204 };
}

function requireTrait(traits: ReadonlySet<string>, name: string): void {
  if (!traits.has(name)) throw new Refusal(404, `No such trait(s): ${name}.`);
}
