import { z } from 'zod';
import type { EndpointFilter } from './auth-provider.ts';

/** The service catalog inside a Keystone v3 token. */
export const Catalog = z.array(
  z.object({
    type: z.string(),
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
 * region is compared with `region_id`, and with `region` where that is missing.
 */
export function findEndpoint(catalog: Catalog, filter: EndpointFilter): string | undefined {
  const wanted = filter.interface ?? 'public';
  for (const service of catalog) {
    if (service.type !== filter.type) continue;
    for (const endpoint of service.endpoints) {
      const region = endpoint.region_id ?? endpoint.region;
      if (endpoint.interface.replace(/URL$/, '') !== wanted) continue;
      if (filter.region === undefined || filter.region === region) return endpoint.url;
    }
  }
  return undefined;
}
