import { fullJitter, type Sleep } from '@cyborgjs/openstack-session';
import type { Placement } from '../placement.ts';
import type { CallOptions } from '../placement-call.ts';
import { isPlacementError, PlacementError } from '../placement-error.ts';
import type { ConcurrencyLimit } from './concurrency-limit.ts';
import type { RetainedProvider } from './desired-tree.ts';
import type { KnownClasses } from './known-classes.ts';
import type { KnownTraits } from './known-traits.ts';
import type { ProviderView } from './provider-view.ts';

/** Makes one request, when there is room for it. */
export type Ask = <T>(work: (placement: Placement, call: CallOptions) => Promise<T>) => Promise<T>;

/** What stays from one sync to the next. */
export interface SyncState {
  /** Every provider of the tree, by uuid. */
  readonly views: Map<string, ProviderView>;
  readonly traits: KnownTraits;
  readonly classes: KnownClasses;
  readonly bulk: BulkWriting;
}

/** Whether many inventories are written in one request. */
export interface BulkWriting {
  /** False from the beginning when nobody asked for it, and from when Placement refused it to us. */
  isAllowed: boolean;
  /** The fewest changed inventories for which it is worth it. */
  readonly threshold: number;
}

/** What a sync has done so far. */
export interface SyncTally {
  requests: number;
  conflicts: number;
  readonly created: Set<string>;
  readonly adopted: Set<string>;
  readonly updated: Set<string>;
  readonly deleted: Set<string>;
  readonly retained: Map<string, RetainedProvider>;
  /** By provider. */
  readonly failures: Map<string, { readonly name: string; readonly error: PlacementError }>;
}

/** One sync under way. */
export interface SyncRun extends SyncState {
  readonly ask: Ask;
  readonly tally: SyncTally;
  /** How often a conflict on one provider is tried again. */
  readonly conflictRetries: number;
  /** Waits for all; the first that fails ends the sync, and its error is thrown when nothing runs any more. */
  all(work: readonly Promise<unknown>[]): Promise<void>;
  /** Waits after the n-th conflict, from 0, on one provider. */
  backOff(conflict: number): Promise<void>;
  /**
   * Does something for each item, all at once. What Placement refuses for one provider is noted and does not keep
   * the others; everything else ends the sync.
   */
  forEach<T extends { readonly uuid: string; readonly name: string }>(
    items: readonly T[],
    work: (item: T) => Promise<unknown>,
  ): Promise<void>;
  /** Lets go of the caller's signal. */
  end(): void;
}

interface SyncRunOptions extends SyncState {
  readonly placement: Placement;
  readonly limit: ConcurrencyLimit;
  readonly conflictRetries: number;
  readonly random: () => number;
  readonly sleep: Sleep;
  readonly signal: AbortSignal | undefined;
  readonly onAttempt: (() => void) | undefined;
}

/** How long to stay away from a provider that others are writing: full jitter, at most 2 s. */
const conflictBackoff = { baseMs: 50, capMs: 2_000 };

/** Starts a sync. */
export function startSyncRun(options: SyncRunOptions): SyncRun {
  const { placement, limit, random, sleep, traits, classes, views, bulk, conflictRetries } = options;
  const tally = emptyTally();
  // Fires at the first error that ends the sync, so that nothing more is sent.
  const end = new AbortController();
  const { signal } = end;
  const giveUp = () => end.abort(options.signal?.reason);
  if (options.signal?.aborted) giveUp();
  else options.signal?.addEventListener('abort', giveUp, { once: true });
  const onAttempt = () => {
    tally.requests += 1;
    options.onAttempt?.();
  };

  async function all(work: readonly Promise<unknown>[]): Promise<void> {
    await Promise.allSettled(work.map((promise) => promise.catch((error) => end.abort(error))));
    signal.throwIfAborted();
  }

  return {
    views,
    traits,
    classes,
    bulk,
    tally,
    conflictRetries,
    all,
    end: () => options.signal?.removeEventListener('abort', giveUp),
    ask: (work) =>
      limit(async () => {
        signal.throwIfAborted();
        return work(placement, { signal, onAttempt });
      }),
    backOff: (conflict) => sleep(fullJitter(conflictBackoff, conflict, random), signal),
    forEach: (items, work) =>
      all(
        items.map(async (item) => {
          try {
            await work(item);
          } catch (error) {
            if (!isPlacementError(error)) throw error;
            tally.failures.set(item.uuid, { name: item.name, error });
          }
        }),
      ),
  };
}

function emptyTally(): SyncTally {
  return {
    requests: 0,
    conflicts: 0,
    created: new Set(),
    adopted: new Set(),
    updated: new Set(),
    deleted: new Set(),
    retained: new Map(),
    failures: new Map(),
  };
}

/** The error of a sync in which some providers failed: that of the one, or one that lists them by their names. */
export function failureOf({ failures }: SyncTally): PlacementError | undefined {
  const all = [...failures]
    .map(([uuid, { name, error }]) => ({ uuid, name, error }))
    // Which failed first is chance.
    .sort((left, right) => (left.name < right.name ? -1 : 1));
  const [first] = all;
  if (first === undefined || all.length === 1) return first?.error;
  return new PlacementError(
    'placement.sync_incomplete',
    `${all.length} providers could not be brought to where they should be: ` +
      all.map(({ name, error }) => `"${name}": ${error.message}`).join('; '),
    {
      details: {
        failures: all.map(({ uuid, name, error }) => ({
          uuid,
          name,
          code: error.code,
          message: error.message,
        })),
      },
      cause: new AggregateError(all.map(({ error }) => error)),
    },
  );
}
