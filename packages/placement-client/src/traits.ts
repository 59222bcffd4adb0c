import { z } from 'zod';
import { existsAt } from './exists-at.ts';
import { type CallOptions, noBody, type PlacementCall } from './placement-call.ts';
import { chunksOf } from './query-length.ts';

/** Which traits to list. */
export interface TraitFilter {
  /** Only these; any number, asked for in as many requests as the length of an address allows. */
  readonly names?: readonly string[];
  /** Only those that begin so. */
  readonly prefix?: string;
  /** Only those that some provider has, or that none has. */
  readonly associated?: boolean;
}

/** `/traits` */
export interface Traits {
  /** The traits that exist and fit. */
  list(filter?: TraitFilter, options?: CallOptions): Promise<string[]>;
  /** Whether a trait exists. */
  exists(name: string, options?: CallOptions): Promise<boolean>;
  /**
   * Makes a custom trait unless it exists; true when it was made.
   *
   * @throws PlacementError `placement.invalid` for a name that does not begin with `CUSTOM_`
   */
  ensure(name: string, options?: CallOptions): Promise<boolean>;
  /** @throws PlacementError `placement.name_in_use`, `placement.not_found`, `placement.invalid` for a standard one */
  delete(name: string, options?: CallOptions): Promise<void>;
}

const needs = { version: '1.6', what: 'traits' } as const;
const TraitList = z.object({ traits: z.array(z.string()) });

/** The traits behind a call. */
export function createTraits(call: PlacementCall): Traits {
  async function listOnce(name: string | undefined, filter: TraitFilter, options?: CallOptions) {
    const associated = filter.associated === undefined ? undefined : String(filter.associated);
    const query = { name, associated };
    const { body } = await call({ method: 'GET', path: '/traits', query, answer: TraitList, needs }, options);
    return body.traits;
  }

  return {
    async list(filter = {}, options) {
      if (filter.names === undefined)
        return listOnce(filter.prefix && `startswith:${filter.prefix}`, filter, options);
      const found: string[] = [];
      // Placement takes names or a beginning.
      const wanted = filter.names.filter((name) => name.startsWith(filter.prefix ?? ''));
      for (const names of chunksOf(wanted))
        found.push(...(await listOnce(`in:${names.join(',')}`, filter, options)));
      return found;
    },
    exists: (name, options) =>
      existsAt((request, given) => call({ ...request, needs }, given), pathOf(name), options),
    async ensure(name, options) {
      return (
        (await call({ method: 'PUT', path: pathOf(name), answer: noBody, needs }, options)).status === 201
      );
    },
    async delete(name, options) {
      await call({ method: 'DELETE', path: pathOf(name), answer: noBody, needs }, options);
    },
  };
}

function pathOf(name: string): string {
  return `/traits/${encodeURIComponent(name)}`;
}
