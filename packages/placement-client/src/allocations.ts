import { z } from 'zod';
import { compareMicroversions } from './microversion.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';
import { isPlacementError, PlacementError } from './placement-error.ts';

/** What a consumer has of each provider: amounts by resource class, by provider uuid. */
export type AllocatedResources = Readonly<
  Record<string, { readonly resources: Readonly<Record<string, number>> }>
>;

/** The allocations of a consumer. A consumer without any has generation null and no owner. */
export const ConsumerAllocations = z.object({
  allocations: z.record(
    z.string(),
    z.object({ resources: z.record(z.string(), z.int()), generation: z.int().optional() }),
  ),
  consumer_generation: z.int().nullable().default(null),
  project_id: z.string().optional(),
  user_id: z.string().optional(),
  consumer_type: z.string().optional(),
});
export type ConsumerAllocations = z.output<typeof ConsumerAllocations>;

/** The allocations of a consumer as they shall be; they replace all that it has. */
export interface ConsumerAllocationsInput {
  readonly allocations: AllocatedResources;
  /** As read; null when the consumer has none. Placement refuses when somebody else was faster. */
  readonly consumer_generation: number | null;
  readonly project_id: string;
  readonly user_id: string;
  /** `INSTANCE`, `ACCELERATOR_ATTACHMENT`; left away on servers below 1.38. */
  readonly consumer_type: string;
}

/** `/allocations/{consumer}` */
export interface Allocations {
  /** What the consumer has; one that Placement does not know has nothing. */
  get(consumer: string, options?: CallOptions): Promise<ConsumerAllocations>;
  /**
   * Replaces what the consumer has, in one transaction.
   *
   * @throws PlacementError `placement.allocation_refused`, `placement.consumer_conflict`,
   * `placement.concurrent_update`; `placement.ghost_consumer` for no allocations and generation null
   */
  replace(consumer: string, input: ConsumerAllocationsInput, options?: CallOptions): Promise<void>;
  /**
   * Gives back all that the consumer has; false when it had nothing. Unlike the DELETE of the API it does not
   * overrun somebody who has just changed it, and leaves a trace in the generations of the providers.
   *
   * @throws PlacementError `placement.consumer_conflict`
   */
  clear(consumer: string, options?: CallOptions): Promise<boolean>;
}

/** The allocations behind a call. */
export function createAllocations(call: PlacementCall): Allocations {
  async function put(
    consumer: string,
    input: ConsumerAllocationsInput,
    options?: CallOptions,
  ): Promise<void> {
    const body = consumerBody(input, call);
    await call({ method: 'PUT', path: pathOf(consumer), body, answer: noBody }, options);
  }

  async function get(consumer: string, options?: CallOptions): Promise<ConsumerAllocations> {
    const request = { method: 'GET', path: pathOf(consumer), answer: ConsumerAllocations } as const;
    return (await call(request, options)).body;
  }

  return {
    get,
    async replace(consumer, input, options) {
      refuseGhost(consumer, input);
      try {
        await put(consumer, input, options);
      } catch (error) {
        if (input.consumer_generation !== null || !isGhost(error)) throw error;
        // Left behind by another client's empty write: invisible when read, but it insists on its generation.
        await put(consumer, { ...input, consumer_generation: 0 }, options);
      }
    },
    async clear(consumer, options) {
      const held = await get(consumer, options);
      if (Object.keys(held.allocations).length === 0) return false;
      await put(consumer, clearedOf(held), options);
      return true;
    },
  };
}

/** The body for one consumer as the version spoken has it. */
export function consumerBody(input: ConsumerAllocationsInput, call: Pick<PlacementCall, 'microversion'>) {
  const { consumer_type: type, ...rest } = input;
  const hasTypes = compareMicroversions(call.microversion(), '1.38') >= 0;
  return hasTypes ? { ...rest, consumer_type: type } : rest;
}

function clearedOf(held: ConsumerAllocations): ConsumerAllocationsInput {
  const { project_id = '', user_id = '', consumer_type: type = '', consumer_generation } = held;
  // "unknown", of consumers written before 1.38, can be read but not written; it is gone after this anyway.
  const consumer_type = /^[A-Z0-9_]+$/.test(type) ? type : 'INSTANCE';
  return { project_id, user_id, consumer_type, consumer_generation, allocations: {} };
}

function refuseGhost(consumer: string, { allocations, consumer_generation }: ConsumerAllocationsInput): void {
  if (consumer_generation !== null || Object.keys(allocations).length > 0) return;
  throw new PlacementError(
    'placement.ghost_consumer',
    `no allocations to write for consumer ${consumer}, which has none; leave the write out`,
  );
}

function isGhost(error: unknown): boolean {
  return (
    isPlacementError(error, 'placement.consumer_conflict') && /expected 0 but got None/.test(error.detail)
  );
}

function pathOf(consumer: string): string {
  return `/allocations/${encodeURIComponent(consumer)}`;
}
