import { PlacementError } from '../placement-error.ts';
import { createUncontested } from './create-provider.ts';
import type { DesiredTree } from './desired-tree.ts';
import { viewOf } from './provider-view.ts';
import type { SyncRun } from './sync-run.ts';

/**
 * Finds the root and takes note of every provider of its tree, in one request when its uuid is known. Returns that
 * uuid.
 *
 * @param knownUuid The uuid that a root given by name had last time.
 * @throws PlacementError `placement.root_not_found`
 */
export async function findRoot(
  run: SyncRun,
  tree: DesiredTree,
  knownUuid: string | undefined,
): Promise<string> {
  const given = tree.root.uuid ?? knownUuid;
  if (given !== undefined && (await observeTree(run, given))) return given;
  // Somebody may have deleted a root and made another one of the same name.
  const named = tree.root.uuid === undefined ? await findByName(run, tree.root.name) : undefined;
  if (named !== undefined && (await observeTree(run, named))) return named;
  return createRoot(run, tree);
}

/** Lists a tree and keeps what is still true of what was known; false when there is no such tree. */
export async function observeTree(run: SyncRun, uuid: string): Promise<boolean> {
  const listed = await run.ask((placement, call) =>
    placement.resourceProviders.list({ in_tree: uuid }, call),
  );
  const before = new Map(run.views);
  run.views.clear();
  for (const provider of listed) run.views.set(provider.uuid, viewOf(provider, before.get(provider.uuid)));
  return listed.length > 0;
}

async function findByName(run: SyncRun, name: string | undefined): Promise<string | undefined> {
  const [found] = await run.ask((placement, call) => placement.resourceProviders.list({ name }, call));
  return found?.uuid;
}

async function createRoot(run: SyncRun, { root, createRoot }: DesiredTree): Promise<string> {
  const { uuid, name } = root;
  if (createRoot === true && uuid !== undefined && name !== undefined)
    return (await createUncontested(run, { uuid, name })).uuid;
  throw new PlacementError(
    'placement.root_not_found',
    `no provider ${uuid === undefined ? `named "${name}"` : `of uuid ${uuid}`} is in Placement yet; nova-compute ` +
      'makes it when it starts. Without Nova, let this service make it.',
    { details: { uuid, name } },
  );
}
