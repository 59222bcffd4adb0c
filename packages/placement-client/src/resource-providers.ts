import { z } from 'zod';
import { type CallOptions, noBody, type PlacementCall, type PlacementRequest } from './placement-call.ts';
import { filterNeeds, type ResourceProviderFilter, splitFilter } from './provider-filter.ts';

/** A provider of resources, in Placement's own field names. */
export const ResourceProvider = z.object({
  uuid: z.string(),
  name: z.string(),
  /** Rises with every change to inventory, traits, aggregates and (mostly) allocations; not with name or parent. */
  generation: z.int(),
  parent_provider_uuid: z.string().nullable(),
  root_provider_uuid: z.string(),
});
export type ResourceProvider = z.output<typeof ResourceProvider>;

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
  /**
   * Makes a provider of generation 0. It is repeated when the answer is lost; `placement.duplicate_name` can
   * therefore also mean that the first attempt did it.
   *
   * @throws PlacementError `placement.duplicate_name`; `placement.invalid` when the parent does not exist
   */
  create(provider: NewResourceProvider, options?: CallOptions): Promise<ResourceProvider>;
  /**
   * Renames a provider or moves it below another parent. Placement guards neither by generation: the last writer
   * wins.
   *
   * @throws PlacementError `placement.duplicate_name`, `placement.not_found`, `placement.invalid`
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
    create: (provider, options) =>
      one({ method: 'POST', path: '/resource_providers', body: provider, idempotent: true }, options),
    update(uuid, change, options) {
      const needs = change.parent_provider_uuid === undefined ? {} : { needs: moving };
      return one({ method: 'PUT', path: pathOf(uuid), body: change, ...needs }, options);
    },
    async delete(uuid, options) {
      await call({ method: 'DELETE', path: pathOf(uuid), answer: noBody }, options);
    },
  };
}

function pathOf(uuid: string): string {
  return `/resource_providers/${encodeURIComponent(uuid)}`;
}
