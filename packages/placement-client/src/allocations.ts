import { z } from 'zod';
import { mapValues } from './map-values.ts';
import { compareMicroversions, type Microversion, type NeededVersion } from './microversion.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';
import { isPlacementError, PlacementError } from './placement-error.ts';
import { writePastGhosts } from './write-past-ghosts.ts';

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

/** `/allocations` and `/allocations/{consumer}` */
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
   * Replaces what several consumers have, all or nothing in one transaction: how allocations are moved from one to
   * another.
   *
   * @throws PlacementError as `replace` does
   */
  replaceMany(
    inputs: Readonly<Record<string, ConsumerAllocationsInput>>,
    options?: CallOptions,
  ): Promise<void>;
  /**
   * Gives back all that the consumer has; false when it had nothing. Unlike the DELETE of the API it does not
   * overrun somebody who has just changed it, and leaves a trace in the generations of the providers.
   *
   * @throws PlacementError `placement.consumer_conflict`
   */
  clear(consumer: string, options?: CallOptions): Promise<boolean>;
  /**
   * Takes all from a consumer whoever has changed it meanwhile, leaving no trace in the generations; false when it
   * had nothing. `clear` is safer.
   */
  delete(consumer: string, options?: CallOptions): Promise<boolean>;
}

/** The allocations behind a call. */
export function createAllocations(call: PlacementCall): Allocations {
  async function put(
    consumer: string,
    input: ConsumerAllocationsInput,
    options?: CallOptions,
  ): Promise<void> {
    const body = (spoken: Microversion) => consumerBody(input, spoken);
    await call(
      { method: 'PUT', path: pathOf(consumer), body, answer: noBody, needs: emptying(input) },
      options,
    );
  }

  async function get(consumer: string, options?: CallOptions): Promise<ConsumerAllocations> {
    const request = { method: 'GET', path: pathOf(consumer), answer: ConsumerAllocations } as const;
    return (await call(request, options)).body;
  }

  return {
    get,
    async replace(consumer, input, options) {
      refuseGhost(consumer, input);
      await writePastGhosts({ [consumer]: input }, async ({ [consumer]: past = input }) => {
        await put(consumer, past, options);
      });
    },
    async replaceMany(inputs, options) {
      for (const [consumer, input] of Object.entries(inputs)) refuseGhost(consumer, input);
      await writePastGhosts(inputs, (past) => postMany(call, past, options));
    },
    delete: (consumer, options) => remove(call, consumer, options),
    async clear(consumer, options) {
      const held = await get(consumer, options);
      if (Object.keys(held.allocations).length === 0) return false;
      if (compareMicroversions(call.microversion(), '1.28') < 0) return remove(call, consumer, options);
      await put(consumer, clearedOf(held), options);
      return true;
    },
  };
}

async function remove(call: PlacementCall, consumer: string, options?: CallOptions): Promise<boolean> {
  try {
    await call({ method: 'DELETE', path: pathOf(consumer), answer: noBody }, options);
    return true;
  } catch (error) {
    if (isPlacementError(error, 'placement.not_found')) return false;
    throw error;
  }
}

async function postMany(
  call: PlacementCall,
  inputs: Readonly<Record<string, ConsumerAllocationsInput>>,
  options?: CallOptions,
): Promise<void> {
  const body = (spoken: Microversion) => mapValues(inputs, (input) => consumerBody(input, spoken));
  const needs = { version: '1.13', what: 'writing several consumers at once' } as const;
  await call({ method: 'POST', path: '/allocations', body, answer: noBody, needs }, options);
}

/** The body for one consumer as a version has it. Below 1.28 nothing guards it, below 1.8 nobody owns it. */
export function consumerBody(input: ConsumerAllocationsInput, spoken: Microversion): unknown {
  const { consumer_type, consumer_generation, allocations, project_id, user_id } = input;
  const has = (version: Microversion) => compareMicroversions(spoken, version) >= 0;
  return {
    allocations: has('1.12') ? allocations : listed(allocations),
    ...(has('1.8') && { project_id, user_id }),
    ...(has('1.28') && { consumer_generation }),
    ...(has('1.38') && { consumer_type }),
  };
}

function listed(allocations: AllocatedResources) {
  return Object.entries(allocations).map(([uuid, { resources }]) => ({
    resource_provider: { uuid },
    resources,
  }));
}

function emptying({ allocations }: ConsumerAllocationsInput): NeededVersion | undefined {
  if (Object.keys(allocations).length > 0) return undefined;
  return { version: '1.28', what: 'writing no allocations' };
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

function pathOf(consumer: string): string {
  return `/allocations/${encodeURIComponent(consumer)}`;
}
