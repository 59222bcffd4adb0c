import { PlacementError } from '../placement-error.ts';
import type { DesiredProvider, DesiredTree } from './desired-tree.ts';

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const namePattern = /^[A-Z0-9_]{1,255}$/;

/**
 * Refuses a tree that contradicts itself or that Placement would refuse, before anything is written.
 *
 * @throws PlacementError `placement.invalid_tree`
 */
export function checkTree(tree: DesiredTree): void {
  const { root, createRoot, providers } = tree;
  if (root.uuid === undefined && root.name === undefined) throw invalid('root', 'needs a uuid or a name');
  if (root.uuid !== undefined) checkUuid('root.uuid', root.uuid);
  if (createRoot && (root.uuid === undefined || root.name === undefined))
    throw invalid('root', 'needs both a uuid and a name to be made when it is absent');
  checkUnique(
    'uuid',
    [...providers, ...(root.uuid === undefined ? [] : [{ uuid: root.uuid }])].map(({ uuid }) => uuid),
  );
  checkUnique(
    'name',
    providers.map(({ name }) => name),
  );
  for (const provider of providers) checkProvider(provider);
  checkParents(providers);
}

function checkProvider({ uuid, name, inventories, traits, aggregates = [] }: DesiredProvider): void {
  const place = `provider "${name}"`;
  checkUuid(`${place}: uuid`, uuid);
  if (name === '' || [...name].length > 200) throw invalid(place, 'a name has 1 to 200 characters');
  for (const trait of traits)
    if (!namePattern.test(trait)) throw invalid(place, `"${trait}" is no trait name: [A-Z0-9_], at most 255`);
  for (const aggregate of aggregates) checkUuid(`${place}: aggregate`, aggregate);
  for (const [className, { total, reserved = 0 }] of Object.entries(inventories)) {
    if (!namePattern.test(className))
      throw invalid(place, `"${className}" is no resource class: [A-Z0-9_], at most 255 characters`);
    if (!Number.isInteger(total) || total < 1)
      throw invalid(place, `the total of ${className} is ${total}; leave the class out to have none`);
    if (!Number.isInteger(reserved) || reserved < 0 || reserved > total)
      throw invalid(place, `${reserved} of ${total} ${className} cannot be reserved`);
  }
}

function checkParents(providers: readonly DesiredProvider[]): void {
  const parents = new Map(providers.map(({ uuid, parentUuid }) => [uuid, parentUuid ?? undefined]));
  for (const { uuid, name } of providers) {
    const seen = new Set<string>();
    for (let at: string | undefined = uuid; at !== undefined; at = parents.get(at)) {
      if (seen.has(at)) throw invalid(`provider "${name}"`, 'is its own ancestor');
      seen.add(at);
    }
  }
}

function checkUuid(place: string, uuid: string): void {
  if (!uuidPattern.test(uuid)) throw invalid(place, `"${uuid}" is no uuid in lower case with dashes`);
}

function checkUnique(what: string, values: readonly string[]): void {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) throw invalid(`${what} "${value}"`, 'is used twice');
    seen.add(value);
  }
}

function invalid(place: string, what: string): PlacementError {
  return new PlacementError('placement.invalid_tree', `${place}: ${what}`);
}
