import { z } from 'zod';
import { existsAt } from './exists-at.ts';
import { compareMicroversions } from './microversion.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';
import { isPlacementError } from './placement-error.ts';

/** `/resource_classes` */
export interface ResourceClasses {
  /** The names of all classes, standard and custom. */
  list(options?: CallOptions): Promise<string[]>;
  /** Whether a class exists. */
  exists(name: string, options?: CallOptions): Promise<boolean>;
  /**
   * Makes a custom class unless it exists; true when it was made.
   *
   * @throws PlacementError `placement.invalid` for a name that does not begin with `CUSTOM_`
   */
  ensure(name: string, options?: CallOptions): Promise<boolean>;
  /**
   * Gives a custom class another name. Newer versions cannot say that, so that it is said in 1.6.
   *
   * @throws PlacementError `placement.not_found`, `placement.conflict` when the other name is taken,
   * `placement.invalid`
   */
  rename(name: string, to: string, options?: CallOptions): Promise<void>;
  /** @throws PlacementError `placement.name_in_use`, `placement.not_found`, `placement.invalid` for a standard one */
  delete(name: string, options?: CallOptions): Promise<void>;
}

const needs = { version: '1.2', what: 'resource classes' } as const;
const ResourceClassList = z.object({ resource_classes: z.array(z.object({ name: z.string() })) });

/** The resource classes behind a call. */
export function createResourceClasses(call: PlacementCall): ResourceClasses {
  /** Below 1.7 a PUT renames. */
  async function create(name: string, options?: CallOptions): Promise<boolean> {
    try {
      const request = { method: 'POST', path: '/resource_classes', body: { name } } as const;
      await call({ ...request, idempotent: true, answer: noBody, needs }, options);
      return true;
    } catch (error) {
      if (isPlacementError(error) && error.status === 409) return false;
      throw error;
    }
  }

  return {
    async list(options) {
      const request = { method: 'GET', path: '/resource_classes', answer: ResourceClassList, needs } as const;
      const { body } = await call(request, options);
      return body.resource_classes.map(({ name }) => name);
    },
    exists: (name, options) =>
      existsAt((request, given) => call({ ...request, needs }, given), pathOf(name), options),
    async ensure(name, options) {
      if (compareMicroversions(call.microversion(), '1.7') < 0) return create(name, options);
      return (
        (await call({ method: 'PUT', path: pathOf(name), answer: noBody, needs }, options)).status === 201
      );
    },
    async rename(name, to, options) {
      const body = { name: to };
      await call({ method: 'PUT', path: pathOf(name), body, answer: noBody, at: '1.6' }, options);
    },
    async delete(name, options) {
      await call({ method: 'DELETE', path: pathOf(name), answer: noBody, needs }, options);
    },
  };
}

function pathOf(name: string): string {
  return `/resource_classes/${encodeURIComponent(name)}`;
}
