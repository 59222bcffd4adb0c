import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { z } from 'zod';
import { Inventory, largestUnit } from '../inventory.ts';
import type { Placement } from '../placement.ts';
import { isPlacementError, PlacementError } from '../placement-error.ts';
import type { ResourceProvider } from '../resource-providers.ts';
import { type Adoption, adoptOwners } from '../tree/adopt-owners.ts';
import type { DesiredTree } from '../tree/desired-tree.ts';
import { diffTree, type ProviderTreePlan } from '../tree/diff-tree.ts';
import { createProviderTree, type ProviderTree } from '../tree/provider-tree.ts';
import { type ReadTreeOptions, readTree } from '../tree/read-tree.ts';

const Uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a uuid');

const InventoryRecord = z.strictObject({
  ...Inventory.shape,
  reserved: Inventory.shape.reserved.default(0),
  min_unit: Inventory.shape.min_unit.default(1),
  max_unit: Inventory.shape.max_unit.default(largestUnit),
  step_size: Inventory.shape.step_size.default(1),
  allocation_ratio: Inventory.shape.allocation_ratio.default(1),
});

/** A tree as a YAML file says it. */
export const TreeFile = z.strictObject({
  /** The provider that all hangs below. */
  root: z.union([
    z.strictObject({ uuid: Uuid, name: z.string().optional() }),
    z.strictObject({ name: z.string() }),
  ]),
  /** Makes the root when it is absent. */
  create_root: z.boolean().default(false),
  /** What may be removed when it is not named below: names, or beginnings of names with `*` behind. */
  owned: z
    .strictObject({
      traits: z.array(z.string()).default([]),
      providers: z.array(z.string()).default([]),
      /** Default: all, of providers that name aggregates. */
      aggregates: z.array(z.string()).optional(),
    })
    .default({ traits: [], providers: [] }),
  providers: z.array(
    z.strictObject({
      name: z.string(),
      /** Default: that of the provider of that name in the tree, or one made from the name. */
      uuid: Uuid.optional(),
      /** The name of another provider of the file. Default: the root. */
      parent: z.string().optional(),
      inventories: z.record(z.string(), InventoryRecord).default({}),
      traits: z.array(z.string()).default([]),
      /** Uuids. Default: those that it is in, which are not looked at then. */
      aggregates: z.array(Uuid).optional(),
    }),
  ),
});
export type TreeFile = z.output<typeof TreeFile>;

/**
 * Reads a file and the tree that it is about, and plans what is to be done.
 *
 * @throws PlacementError `placement.invalid_tree`, `placement.root_not_found`
 */
export async function planOfFile(
  placement: Placement,
  path: string,
  options: ReadTreeOptions = {},
): Promise<ProviderTreePlan> {
  const file = parseTreeFile(await textOf(path), path);
  const actual = await actualTree(placement, file, options);
  return diffTree(actual, desiredTree(file, actual));
}

/**
 * As `planOfFile`, for the tree that takes those who have its names for its own.
 *
 * @throws PlacementError as `adoptOwners` does, too
 */
export async function adoptionOfFile(
  placement: Placement,
  path: string,
  options: ReadTreeOptions = {},
): Promise<{ readonly adopted: Adoption['adopted']; readonly plan: ProviderTreePlan }> {
  const file = parseTreeFile(await textOf(path), path);
  // A root of another uuid is what this is for.
  const before = await actualTree(placement, { ...file, create_root: true }, options);
  const { onAttempt } = options;
  const call = onAttempt === undefined ? {} : { onAttempt };
  const { tree, adopted } = await adoptOwners(placement, desiredTree(file, before), call);
  const root = { uuid: tree.root.uuid ?? before.rootUuid };
  const actual = await actualTree(placement, { ...file, root }, options);
  return { adopted, plan: diffTree(actual, tree) };
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PlacementError('placement.invalid_tree', `${path} cannot be read: ${reason}`, { cause });
  }
}

/** @throws PlacementError `placement.invalid_tree` that names the place in the file */
export function parseTreeFile(text: string, path: string): TreeFile {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.trim() : String(cause);
    throw new PlacementError('placement.invalid_tree', `${path}: ${reason}`, { cause });
  }
  if (document === null)
    throw new PlacementError('placement.invalid_tree', `${path} is empty; a tree has root and providers`);
  const parsed = TreeFile.safeParse(document);
  if (parsed.success) return parsed.data;
  throw new PlacementError('placement.invalid_tree', `${path}: ${z.prettifyError(parsed.error)}`);
}

async function actualTree(
  placement: Placement,
  { root, create_root: isMade, providers }: TreeFile,
  options: ReadTreeOptions,
): Promise<ProviderTree> {
  const naming = providers.filter(({ aggregates }) => aggregates !== undefined);
  const aggregatesOf = (listed: ResourceProvider) =>
    naming.some(({ name, uuid = uuidOf(name) }) => uuid === listed.uuid || name === listed.name);
  try {
    return await readTree(placement, root, { ...options, aggregatesOf });
  } catch (error) {
    if (!isMade || !isPlacementError(error, 'placement.root_not_found')) throw error;
    return createProviderTree('uuid' in root ? root.uuid : uuidOf(root.name), []);
  }
}

function desiredTree(file: TreeFile, actual: ProviderTree): DesiredTree {
  const known = new Map(actual.providers.map(({ name, uuid }) => [name, uuid]));
  const uuids = new Map(
    file.providers.map(({ name, uuid }) => [name, uuid ?? known.get(name) ?? uuidOf(name)]),
  );
  const uuidNamed = (name: string, child: string) => {
    const uuid = uuids.get(name);
    if (uuid !== undefined) return uuid;
    throw new PlacementError(
      'placement.invalid_tree',
      `provider "${child}": no provider "${name}" is in the file`,
    );
  };
  const { root, create_root: createRoot, owned } = file;
  const { aggregates: ownAggregates } = owned;
  return {
    root: { uuid: actual.rootUuid, ...(root.name !== undefined && { name: root.name }) },
    createRoot,
    providers: file.providers.map(({ name, parent, inventories, traits, aggregates }) => ({
      uuid: uuidNamed(name, name),
      name,
      parentUuid: parent === undefined || parent === root.name ? null : uuidNamed(parent, name),
      inventories,
      traits,
      ...(aggregates && { aggregates }),
    })),
    ownedTrait: (name) => fits(name, owned.traits),
    ...(ownAggregates && { ownedAggregate: (uuid) => fits(uuid, ownAggregates) }),
    ownedProvider: ({ name }) => fits(name, owned.providers),
  };
}

function fits(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
  );
}

/** Always the same uuid for the same name (RFC 9562, version 5, in the namespace of URLs). */
function uuidOf(name: string): string {
  const namespace = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');
  const hash = createHash('sha1').update(namespace).update(`placement:provider:${name}`).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x50;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash
    .toString('hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
