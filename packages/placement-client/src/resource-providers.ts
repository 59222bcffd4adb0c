import { z } from 'zod';
import { compareMicroversions, type Microversion } from './microversion.ts';
import {
  type CallOptions,
  noBody,
  type PlacementCall,
  type PlacementRequest,
  versionUnsupported,
} from './placement-call.ts';
import { isPlacementError } from './placement-error.ts';
import { filterNeeds, type ResourceProviderFilter, splitFilter } from './provider-filter.ts';

/** A provider of resources, in Placement's own field names. */
export const ResourceProvider = z
  .object({
    uuid: z.string(),
    name: z.string(),
    /** Rises with every change to inventory, traits, aggregates and (mostly) allocations; not with name or parent. */
    generation: z.int(),
    parent_provider_uuid: z.string().nullable().default(null),
    root_provider_uuid: z.string().optional(),
  })
  // Below 1.14 there are no trees: every provider is a root.
  .transform((provider) => ({
    ...provider,
    root_provider_uuid: provider.root_provider_uuid ?? provider.uuid,
  }));
export type ResourceProvider = z.output<typeof ResourceProvider>;

/** What consumers have of a provider, by consumer. */
export const ProviderAllocations = z.object({
  resource_provider_generation: z.int(),
  allocations: z.record(
    z.string(),
    z.object({
      resources: z.record(z.string(), z.int()),
      /** Undefined below 1.28. */
      consumer_generation: z.int().optional(),
    }),
  ),
});
export type ProviderAllocations = z.output<typeof ProviderAllocations>;

/** A provider to be made. */
export interface NewResourceProvider {
  readonly name: string;
  /** Chosen here rather than by the server, so that a repeat after a lost answer makes no second one. */
  readonly uuid: string;
  readonly parent_provider_uuid?: string | null;
}

/** Another name, and perhaps another parent. */
export interface ResourceProviderChange {
  readonly name: string;
  /** Left out: it stays where it is. */
  readonly parent_provider_uuid?: string | null;
}

/** `/resource_providers` */
export interface ResourceProviders {
  /**
   * All providers that fit; Placement knows no pages. One `in:` list too long for an address is asked for in parts.
   *
   * @throws PlacementError `placement.microversion_unsupported` naming the version that a filter needs,
   * `placement.unknown_trait`
   */
  list(filter?: ResourceProviderFilter, options?: CallOptions): Promise<ResourceProvider[]>;
  /** @throws PlacementError `placement.not_found` */
  get(uuid: string, options?: CallOptions): Promise<ResourceProvider>;
  /** What every consumer has of a provider. @throws PlacementError `placement.not_found` */
  allocations(uuid: string, options?: CallOptions): Promise<ProviderAllocations>;
  /**
   * Makes a provider of generation 0. It is repeated when the answer is lost; `placement.duplicate_name` can
   * therefore also mean that the first attempt did it.
   *
   * @throws PlacementError `placement.duplicate_name`; `placement.invalid` when the parent does not exist
   */
  create(provider: NewResourceProvider, options?: CallOptions): Promise<ResourceProvider>;
  /**
   * Renames a provider or moves it below another parent; below 1.37 only a root can be moved. Placement guards
   * neither by generation: the last writer wins.
   *
   * @throws PlacementError `placement.duplicate_name`, `placement.not_found`, `placement.invalid`,
   * `placement.microversion_unsupported`
   */
  update(uuid: string, change: ResourceProviderChange, options?: CallOptions): Promise<ResourceProvider>;
  /**
   * Deletes a provider with its inventory, traits and links to aggregates.
   *
   * @throws PlacementError `placement.resource_provider.inuse`, `placement.resource_provider.cannot_delete_parent`,
   * `placement.not_found`
   */
  delete(uuid: string, options?: CallOptions): Promise<void>;
}

const Providers = z.object({ resource_providers: z.array(ResourceProvider) });
const nesting = { version: '1.14', what: 'a provider below another one' } as const;
const moving = { version: '1.37', what: 'moving a provider below another parent' } as const;

/** The providers behind a call. */
export function createResourceProviders(call: PlacementCall): ResourceProviders {
  type OneProvider = Omit<PlacementRequest<ResourceProvider>, 'answer'>;
  const one = async (request: OneProvider, options?: CallOptions): Promise<ResourceProvider> =>
    (await call({ ...request, answer: ResourceProvider }, options)).body;

  return {
    async list(filter = {}, options) {
      const found = new Map<string, ResourceProvider>();
      for (const part of splitFilter(filter)) {
        const request = { method: 'GET', path: '/resource_providers', answer: Providers } as const;
        const { body } = await call({ ...request, query: { ...part }, needs: filterNeeds(part) }, options);
        for (const provider of body.resource_providers) found.set(provider.uuid, provider);
      }
      return [...found.values()];
    },
    get: (uuid, options) => one({ method: 'GET', path: pathOf(uuid) }, options),
    async create(provider, options) {
      const body = (spoken: Microversion) => newProviderBody(provider, spoken);
      const request = { method: 'POST', path: '/resource_providers', body } as const;
      const needs = provider.parent_provider_uuid ? nesting : undefined;
      const answer = ResourceProvider.optional();
      const { body: made } = await call({ ...request, answer, idempotent: true, needs }, options);
      // Below 1.20 nothing comes back.
      return made ?? one({ method: 'GET', path: pathOf(provider.uuid) }, options);
    },
    async update(uuid, change, options) {
      const { parent_provider_uuid: parent } = change;
      const needs = parent === undefined ? undefined : parent === null ? moving : nesting;
      try {
        return await one({ method: 'PUT', path: pathOf(uuid), body: change, needs }, options);
      } catch (error) {
        // Only Placement knows whether the provider was a root.
        if (isPlacementError(error) && /parenting a provider is not currently allowed/.test(error.detail))
          throw versionUnsupported(moving, call.microversion(), error);
        throw error;
      }
    },
    async allocations(uuid, options) {
      const path = `${pathOf(uuid)}/allocations`;
      return (await call({ method: 'GET', path, answer: ProviderAllocations }, options)).body;
    },
    async delete(uuid, options) {
      await call({ method: 'DELETE', path: pathOf(uuid), answer: noBody }, options);
    },
  };
}

/** Below 1.14 no parent can be told, not even that there is none. */
function newProviderBody(
  { parent_provider_uuid: parent, ...root }: NewResourceProvider,
  spoken: Microversion,
) {
  const isNested = parent !== undefined && compareMicroversions(spoken, nesting.version) >= 0;
  return { ...root, ...(isNested && { parent_provider_uuid: parent }) };
}

function pathOf(uuid: string): string {
  return `/resource_providers/${encodeURIComponent(uuid)}`;
}
