import { z } from 'zod';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';

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

/** Which providers to list; all filters must fit. */
export interface ResourceProviderFilter {
  readonly name?: string | undefined;
  readonly uuid?: string | undefined;
  /** Any provider of the tree. A uuid that nobody has gives an empty list. */
  readonly in_tree?: string | undefined;
  /** Free capacity, `VGPU:1,PGPU:2`. */
  readonly resources?: string | undefined;
  /** Traits: `A,B` (both), `!A`, and from 1.39 `in:A,B` (any); several entries must all fit. */
  readonly required?: string | readonly string[] | undefined;
  /** An aggregate's uuid, `in:U,V`, `!U`; several entries must all fit. */
  readonly member_of?: string | readonly string[] | undefined;
}

/** A provider to be made. */
export interface NewResourceProvider {
  readonly name: string;
  /** Chosen here rather than by the server, so that a repeat after a lost answer makes no second one. */
  readonly uuid: string;
  readonly parent_provider_uuid?: string | null;
}

const Providers = z.object({ resource_providers: z.array(ResourceProvider) });

/** `/resource_providers` */
export function createResourceProviders(call: PlacementCall) {
  return {
    /** All providers that fit; Placement knows no pages. */
    async list(filter: ResourceProviderFilter = {}, options?: CallOptions): Promise<ResourceProvider[]> {
      const query = { ...filter };
      const { body } = await call(
        { method: 'GET', path: '/resource_providers', query, answer: Providers },
        options,
      );
      return body.resource_providers;
    },
    /** @throws PlacementError `placement.not_found` */
    async get(uuid: string, options?: CallOptions): Promise<ResourceProvider> {
      const request = { method: 'GET', path: pathOf(uuid), answer: ResourceProvider } as const;
      return (await call(request, options)).body;
    },
    /**
     * Makes a provider of generation 0. It is repeated when the answer is lost; `placement.duplicate_name` can
     * therefore also mean that the first attempt did it.
     *
     * @throws PlacementError `placement.duplicate_name`; `placement.invalid` when the parent does not exist
     */
    async create(provider: NewResourceProvider, options?: CallOptions): Promise<ResourceProvider> {
      const request = {
        method: 'POST',
        path: '/resource_providers',
        body: provider,
        idempotent: true,
        answer: ResourceProvider,
      } as const;
      return (await call(request, options)).body;
    },
    /**
     * Renames a provider or moves it below another parent. Placement guards neither by generation: the last
     * writer wins. A parent that is left out stays.
     *
     * @throws PlacementError `placement.duplicate_name`, `placement.not_found`, `placement.invalid`
     */
    async update(
      uuid: string,
      change: { readonly name: string; readonly parent_provider_uuid?: string | null },
      options?: CallOptions,
    ): Promise<ResourceProvider> {
      const moves = change.parent_provider_uuid !== undefined;
      const request = {
        method: 'PUT',
        path: pathOf(uuid),
        body: change,
        answer: ResourceProvider,
        ...(moves && { needs: { version: '1.37', what: 'moving a provider below another parent' } as const }),
      } as const;
      return (await call(request, options)).body;
    },
    /**
     * Deletes a provider with its inventory, traits and links to aggregates.
     *
     * @throws PlacementError `placement.resource_provider.inuse`, `placement.resource_provider.cannot_delete_parent`,
     * `placement.not_found`
     */
    async delete(uuid: string, options?: CallOptions): Promise<void> {
      await call({ method: 'DELETE', path: pathOf(uuid), answer: noBody }, options);
    },
  };
}

function pathOf(uuid: string): string {
  return `/resource_providers/${encodeURIComponent(uuid)}`;
}
