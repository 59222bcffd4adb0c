import { fullJitter, type Sleep, sleep } from '@cyborgjs/openstack-session';
import type {
  AllocatedResources,
  Allocations,
  ConsumerAllocations,
  ConsumerAllocationsInput,
} from './allocations.ts';
import type { Placement } from './placement.ts';
import type { CallOptions } from './placement-call.ts';
import { isPlacementError, PlacementError } from './placement-error.ts';

/** Whose the allocations of a consumer are. */
export type Owner = Pick<ConsumerAllocationsInput, 'project_id' | 'user_id' | 'consumer_type'>;

/** How consumers are tuned. */
export interface ConsumersOptions {
  /** How often a change is made anew when somebody else was faster. Default 4. */
  readonly conflictRetries?: number;
  readonly random?: () => number;
  readonly sleep?: Sleep;
}

/** What is done with the allocations of consumers, safe beside others who do so too. */
export interface Consumers {
  /** What a consumer has; one that Placement does not know has nothing. */
  read(consumer: string, options?: CallOptions): Promise<ConsumerAllocations>;
  /**
   * Takes resources for a consumer that has none, such as one of the candidates. False when it has exactly these
   * already: the answer to an earlier try was lost.
   *
   * @throws PlacementError `placement.allocation_refused`; `placement.consumer_conflict` when it has something else
   */
  claim(
    consumer: string,
    claim: Owner & { readonly allocations: AllocatedResources },
    options?: CallOptions,
  ): Promise<boolean>;
  /**
   * Changes what a consumer has: `change` gets that and says what it shall be, again whenever somebody else was
   * faster. Nothing left clears it. False when nothing differs.
   *
   * @throws PlacementError `placement.allocation_refused`, `placement.consumer_conflict` when others never stop
   */
  edit(
    consumer: string,
    change: (held: ConsumerAllocations) => AllocatedResources,
    options?: CallOptions & { readonly owner?: Owner },
  ): Promise<boolean>;
  /**
   * Gives all that one consumer has to another one, which must have nothing, in one transaction. False when there is
   * nothing to move, as after a move whose answer was lost.
   *
   * @throws PlacementError `placement.consumer_conflict`
   */
  move(from: string, to: string, options?: CallOptions): Promise<boolean>;
  /** Gives back all that a consumer has; false when it had nothing. */
  clear(consumer: string, options?: CallOptions): Promise<boolean>;
}

const backoff = { baseMs: 50, capMs: 2_000 };
const never = new AbortController();

/** Consumers over a Placement of microversion 1.28 or newer. */
export function createConsumers(placement: Placement, options: ConsumersOptions = {}): Consumers {
  const { allocations } = placement;
  const { conflictRetries = 4, random = Math.random, sleep: wait = sleep } = options;

  async function untilUncontested(work: () => Promise<boolean>, signal?: AbortSignal): Promise<boolean> {
    for (let conflict = 0; ; conflict++) {
      try {
        return await work();
      } catch (error) {
        if (conflict >= conflictRetries || !isContested(error)) throw error;
        await wait(fullJitter(backoff, conflict, random), signal ?? never.signal);
      }
    }
  }

  return {
    read: allocations.get,
    claim: (consumer, { allocations: wanted, ...owner }, call) =>
      untilUncontested(async () => {
        const held = await allocations.get(consumer, call);
        if (isSame(held.allocations, wanted)) return false;
        if (hasAny(held)) throw occupied(consumer);
        await allocations.replace(
          consumer,
          { ...owner, allocations: wanted, consumer_generation: null },
          call,
        );
        return true;
      }, call?.signal),
    edit: (consumer, change, { owner, ...call } = {}) =>
      untilUncontested(editing(allocations, { consumer, change, owner, call }), call.signal),
    move: (from, to, call) =>
      untilUncontested(async () => {
        const [source, target] = await Promise.all([allocations.get(from, call), allocations.get(to, call)]);
        if (!hasAny(source)) return false;
        if (hasAny(target)) throw occupied(to);
        const input = inputOf(source);
        const moved = { ...input, allocations: resourcesOf(source), consumer_generation: null };
        await allocations.replaceMany({ [from]: { ...input, allocations: {} }, [to]: moved }, call);
        return true;
      }, call?.signal),
    clear: (consumer, call) => untilUncontested(() => allocations.clear(consumer, call), call?.signal),
  };
}

interface Editing {
  readonly consumer: string;
  readonly change: (held: ConsumerAllocations) => AllocatedResources;
  readonly owner: Owner | undefined;
  readonly call: CallOptions;
}

/** One attempt after the other to change what a consumer has. */
function editing(
  allocations: Allocations,
  { consumer, change, owner, call }: Editing,
): () => Promise<boolean> {
  let written: ConsumerAllocationsInput | undefined;
  let attempts = 0;
  const onAttempt = () => {
    attempts += 1;
    call.onAttempt?.();
  };
  return async () => {
    const held = await allocations.get(consumer, call);
    // Only what was sent more than once can have been done by an attempt whose answer was lost.
    if (written !== undefined && attempts > 1 && isWrite(held, written)) return true;
    const wanted = change(held);
    if (isSame(held.allocations, wanted)) return false;
    written = { ...inputOf(held, owner), allocations: wanted };
    attempts = 0;
    await allocations.replace(consumer, written, { ...call, onAttempt });
    return true;
  };
}

/** Whether a consumer is as a write left it. */
function isWrite(held: ConsumerAllocations, written: ConsumerAllocationsInput): boolean {
  const isNext = held.consumer_generation === (written.consumer_generation ?? 0) + 1;
  return isSame(held.allocations, written.allocations) && (isNext || !hasAny(held));
}

function isContested(error: unknown): boolean {
  if (isPlacementError(error, 'placement.concurrent_update')) return true;
  return isPlacementError(error, 'placement.consumer_conflict') && error.status !== undefined;
}

/** What a consumer has, as it is written back. */
function inputOf(held: ConsumerAllocations, owner?: Owner): ConsumerAllocationsInput {
  const { project_id = owner?.project_id, user_id = owner?.user_id, consumer_generation } = held;
  if (project_id === undefined || user_id === undefined)
    throw new PlacementError(
      'placement.invalid',
      'a consumer that has nothing yet needs an owner to get something',
    );
  // "unknown", of consumers written before 1.38, can be read but not written.
  const types = [held.consumer_type, owner?.consumer_type, 'INSTANCE'];
  const consumer_type = types.find((type) => type !== undefined && /^[A-Z0-9_]+$/.test(type)) ?? 'INSTANCE';
  return { allocations: resourcesOf(held), consumer_generation, project_id, user_id, consumer_type };
}

function resourcesOf({ allocations }: ConsumerAllocations): AllocatedResources {
  return Object.fromEntries(
    Object.entries(allocations).map(([uuid, { resources }]) => [uuid, { resources }]),
  );
}

function hasAny({ allocations }: ConsumerAllocations): boolean {
  return Object.keys(allocations).length > 0;
}

function isSame(left: AllocatedResources, right: AllocatedResources): boolean {
  return canonical(left) === canonical(right);
}

function canonical(allocations: AllocatedResources): string {
  const amounts = Object.entries(allocations).flatMap(([uuid, { resources }]) =>
    Object.entries(resources).map(([name, amount]) => `${uuid} ${name} ${amount}`),
  );
  return amounts.toSorted().join();
}

function occupied(consumer: string): PlacementError {
  return new PlacementError(
    'placement.consumer_conflict',
    `consumer ${consumer} has allocations already; edit or clear them first`,
  );
}
