import { z } from 'zod';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';

const ResourceClasses = z.object({ resource_classes: z.array(z.object({ name: z.string() })) });

/** `/resource_classes` */
export function createResourceClasses(call: PlacementCall) {
  return {
    /** The names of all classes, standard and custom. */
    async list(options?: CallOptions): Promise<string[]> {
      const request = { method: 'GET', path: '/resource_classes', answer: ResourceClasses } as const;
      const { body } = await call(request, options);
      return body.resource_classes.map(({ name }) => name);
    },
    /**
     * Makes a custom class unless it exists; true when it was made.
     *
     * @throws PlacementError `placement.invalid` for a name that does not begin with `CUSTOM_`
     */
    async ensure(name: string, options?: CallOptions): Promise<boolean> {
      return (await call({ method: 'PUT', path: pathOf(name), answer: noBody }, options)).status === 201;
    },
    /** @throws PlacementError `placement.name_in_use`, `placement.not_found`, `placement.invalid` for a standard one */
    async delete(name: string, options?: CallOptions): Promise<void> {
      await call({ method: 'DELETE', path: pathOf(name), answer: noBody }, options);
    },
  };
}

function pathOf(name: string): string {
  return `/resource_classes/${encodeURIComponent(name)}`;
}
