import { type Sleep, sleep } from '@cyborgjs/openstack-session';
import type { Placement } from '../placement.ts';
import { PlacementError } from '../placement-error.ts';
import { checkTree } from './check-tree.ts';
import { createConcurrencyLimit } from './concurrency-limit.ts';
import { convergeTree } from './converge-tree.ts';
import { createUncontested } from './create-provider.ts';
import type { DesiredProvider, DesiredTree, TreeSyncResult } from './desired-tree.ts';
import { viewsOf } from './diff-tree.ts';
import { findRoot } from './find-root.ts';
import { createKnownClasses } from './known-classes.ts';
import { createKnownTraits } from './known-traits.ts';
import { type MergeRules, targetOf } from './plan-provider.ts';
import { planTree } from './plan-tree.ts';
import type { ProviderTree } from './provider-tree.ts';
import { readCarefully } from './read-provider.ts';
import { removeProviders } from './remove-provider.ts';
import { failureOf, type SyncRun, type SyncState, startSyncRun } from './sync-run.ts';
import { writeInBulk } from './write-in-bulk.ts';

/** How a tree sync is tuned. */
export interface TreeSyncOptions {
  /** Requests at once, 1 to 8. Default 4. */
  readonly concurrency?: number;
  /** How often a provider is tried again when others write it at the same time. Default 4. */
  readonly conflictRetries?: number;
  /**
   * Writes the inventories of many providers with one request to the reshaper when there are at least so many to
   * write; `true` is 3. All of them or none, and only for the role `service` by Placement's default policy: where it
   * is refused each provider gets its own request as before, and it is not asked again. Default false.
   */
  readonly reshaper?: boolean | number;
  /** What was read of the tree before; what still has its generation is not read again. */
  readonly known?: ProviderTree | undefined;
  /** Called before every HTTP request. */
  readonly onAttempt?: () => void;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** Keeps one tree of providers as it should be, and remembers what it has seen and written. */
export interface TreeSync {
  /**
   * Brings Placement to the desired tree with as few writes as can be. Calls wait for one another. What one
   * provider meets does not keep the others from being brought up to date; the error is thrown at the end. It is
   * safe to give up at any moment: the next sync goes on from whatever was reached.
   *
   * @throws PlacementError `placement.invalid_tree`, `placement.root_not_found`, `placement.name_conflict`,
   * `placement.conflict_persists`, `placement.sync_incomplete` for several providers; OpenStackError when Placement
   * or Keystone cannot be had; the signal's reason on an abort
   */
  sync(tree: DesiredTree, options?: { readonly signal?: AbortSignal }): Promise<TreeSyncResult>;
  /** Forgets all that is known, so that the next sync reads everything again. */
  forget(): void;
}

/**
 * A sync that remembers: with nothing changed it costs one request, `GET /resource_providers?in_tree=…`, whose
 * generations prove that nothing has been written since.
 */
export function createTreeSync(placement: Placement, options: TreeSyncOptions = {}): TreeSync {
  const { concurrency = 4, conflictRetries = 4, random = Math.random } = options;
  const limit = createConcurrencyLimit(Math.min(8, Math.max(1, concurrency)));
  let state = emptyState(options);
  let root = rootOf(options.known);
  let last: Promise<unknown> = Promise.resolve();

  async function syncNow(tree: DesiredTree, signal: AbortSignal | undefined): Promise<TreeSyncResult> {
    checkTree(tree);
    signal?.throwIfAborted();
    const wait = options.sleep ?? sleep;
    const run = startSyncRun({
      ...state,
      placement,
      limit,
      conflictRetries,
      random,
      sleep: wait,
      signal,
      onAttempt: options.onAttempt,
    });
    try {
      return await converge(run, tree);
    } finally {
      run.end();
    }
  }

  async function converge(run: SyncRun, tree: DesiredTree): Promise<TreeSyncResult> {
    const knownUuid = root?.name === tree.root.name ? root?.uuid : undefined;
    const rootUuid = await findRoot(run, tree, knownUuid);
    root = { name: tree.root.name, uuid: rootUuid };
    await applyTree(run, tree, rootUuid);
    const failure = failureOf(run.tally);
    if (failure !== undefined) throw failure;
    return resultOf(run, tree, rootUuid);
  }

  return {
    sync(tree, { signal } = {}) {
      const turn = last.then(() => syncNow(tree, signal));
      last = turn.catch(() => {});
      return turn;
    },
    forget() {
      state = emptyState({ ...options, known: undefined });
      root = undefined;
    },
  };
}

/** One sync without memory: everything that the tree has in Placement is read first. */
export function syncTree(
  placement: Placement,
  tree: DesiredTree,
  options: TreeSyncOptions & { readonly signal?: AbortSignal } = {},
): Promise<TreeSyncResult> {
  const { signal, ...rest } = options;
  return createTreeSync(placement, rest).sync(tree, signal === undefined ? {} : { signal });
}

function rootOf(known: ProviderTree | undefined): { name: string | undefined; uuid: string } | undefined {
  const root = known?.get(known.rootUuid);
  return root && { name: root.name, uuid: root.uuid };
}

function emptyState({ reshaper = false, known }: TreeSyncOptions): SyncState {
  const bulk = { isAllowed: reshaper !== false, threshold: reshaper === true ? 3 : Number(reshaper) };
  const traits = createKnownTraits();
  for (const provider of known?.providers ?? []) traits.learn(provider.traits);
  const views = known === undefined ? new Map() : viewsOf(known);
  return { views, traits, classes: createKnownClasses(), bulk };
}

async function applyTree(run: SyncRun, tree: DesiredTree, rootUuid: string): Promise<void> {
  const { ownedTrait, ownedAggregate } = tree;
  const rules: MergeRules = { rootUuid, ownedTrait, ownedAggregate, isUnknownTrait: run.traits.isUnknown };
  await run.forEach(planTree(tree, run.views, rules).unread, (desired) => readCarefully(run, desired));

  const plan = planTree(tree, run.views, rules);
  for (const { uuid, name } of plan.orphans) noteOrphan(run, { uuid, name });
  await run.all([
    run.traits.ensure(plan.names.traits, run.ask),
    run.classes.ensure(plan.names.classes, run.ask),
    createWaves(run, plan.waves, rootUuid),
  ]);

  await writeInBulk(run, tree, rules);
  await convergeTree(run, tree, { rootUuid, targetOf: (desired, view) => targetOf(desired, view, rules) });
  await removeProviders(run, plan.deletions);
}

async function createWaves(
  run: SyncRun,
  waves: readonly (readonly DesiredProvider[])[],
  rootUuid: string,
): Promise<void> {
  for (const wave of waves) {
    const possible = wave.filter(({ uuid, name, parentUuid }) => {
      const isPossible = run.views.has(parentUuid ?? rootUuid);
      if (!isPossible) noteOrphan(run, { uuid, name });
      return isPossible;
    });
    await run.forEach(possible, ({ uuid, name, parentUuid }) =>
      createUncontested(run, { uuid, name, parent_provider_uuid: parentUuid ?? rootUuid }),
    );
  }
}

function noteOrphan(run: SyncRun, { uuid, name }: { readonly uuid: string; readonly name: string }): void {
  const message = `provider "${name}" cannot be made: its parent is not there`;
  run.tally.failures.set(uuid, { name, error: new PlacementError('placement.parent_missing', message) });
}

function resultOf(
  { tally, views, traits: known }: SyncRun,
  tree: DesiredTree,
  rootUuid: string,
): TreeSyncResult {
  const wanted = new Set(tree.providers.flatMap(({ traits }) => traits));
  return {
    rootUuid,
    requests: tally.requests,
    created: [...tally.created],
    adopted: [...tally.adopted],
    updated: [...tally.updated],
    deleted: [...tally.deleted],
    retained: [...tally.retained.values()],
    conflicts: tally.conflicts,
    unknownTraits: [...wanted].filter(known.isUnknown).sort(),
    generationByUuid: Object.fromEntries(
      [...views.values()].map(({ uuid, generation }) => [uuid, generation]),
    ),
  };
}
