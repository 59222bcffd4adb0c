import { z } from 'zod';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';

/** `/resource_classes` */
export interface ResourceClasses {
  /** The names of all classes, standard and custom. */
  list(options?: CallOptions): Promise<string[]>;
  /**
   * Makes a custom class unless it exists; true when it was made.
   *
   * @throws PlacementError `placement.invalid` for a name that does not begin with `CUSTOM_`
   */
  ensure(name: string, options?: CallOptions): Promise<boolean>;
  /** @throws PlacementError `placement.name_in_use`, `placement.not_found`, `placement.invalid` for a standard one */
  delete(name: string, options?: CallOptions): Promise<void>;
}

const ResourceClassList = z.object({ resource_classes: z.array(z.object({ name: z.string() })) });

/** The resource classes behind a call. */
export function createResourceClasses(call: PlacementCall): ResourceClasses {
  return {
    async list(options) {
      const request = { method: 'GET', path: '/resource_classes', answer: ResourceClassList } as const;
      const { body } = await call(request, options);
      return body.resource_classes.map(({ name }) => name);
    },
    async ensure(name, options) {
      return (await call({ method: 'PUT', path: pathOf(name), answer: noBody }, options)).status === 201;
    },
    async delete(name, options) {
      await call({ method: 'DELETE', path: pathOf(name), answer: noBody }, options);
    },
  };
}

function pathOf(name: string): string {
  return `/resource_classes/${encodeURIComponent(name)}`;
}
