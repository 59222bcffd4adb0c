import { z } from 'zod';
import { namesOfServiceType } from '../service-types.ts';
import type { EndpointFilter } from './auth-provider.ts';

/** The service catalog inside a Keystone v3 token. */
export const Catalog = z.array(
  z.object({
    type: z.string(),
    name: z.string().nullish(),
    endpoints: z.array(
      z.object({
        interface: z.string(),
        url: z.string(),
        region: z.string().nullish(),
        region_id: z.string().nullish(),
      }),
    ),
  }),
);
export type Catalog = z.output<typeof Catalog>;

/**
 * The URL of the first endpoint that fits, or undefined. The interface may be spelt `public` or `publicURL`; the
 * region is compared with `region_id`, and with `region` where that is missing. A service is found under all the
 * names of its type; of several interfaces the first that is there wins.
 */
export function findEndpoint(catalog: Catalog, filter: EndpointFilter): string | undefined {
  const interfaces = [filter.interface ?? 'public'].flat();
  const services = namesOfServiceType(filter.type)
    .flatMap((type) => catalog.filter((service) => service.type === type))
    .filter(({ name }) => filter.name === undefined || filter.name === name);
  const endpoints = services
    .flatMap((service) => service.endpoints)
    .filter((endpoint) => [undefined, endpoint.region_id ?? endpoint.region].includes(filter.region));
  for (const wanted of interfaces) {
    const found = endpoints.find((endpoint) => endpoint.interface.replace(/URL$/, '') === wanted);
    if (found !== undefined) return found.url;
  }
  return undefined;
}
