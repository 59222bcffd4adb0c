import type { EndpointFilter } from './auth/auth-provider.ts';
import { sessionError } from './errors/openstack-error.ts';
import type { ServiceSettings, SessionOptions } from './session-options.ts';

/** Where a service is and how it is called. */
export interface FoundService {
  readonly type: string;
  readonly endpoint: string;
  readonly settings: ServiceSettings;
}

/**
 * Finds a service by its type, or by a whole filter: an override, then the settings of the service, then what the
 * provider knows.
 *
 * @throws OpenStackError `session.endpoint_not_found`, and what the provider throws
 */
export async function findService(
  options: SessionOptions,
  service: string | EndpointFilter,
  signal: AbortSignal,
): Promise<FoundService> {
  const asked = typeof service === 'string' ? { type: service } : service;
  const { type } = asked;
  const settings = options.services?.(type) ?? {};
  const override = options.endpointOverrides?.[type] ?? settings.endpoint;
  if (override !== undefined) return { type, endpoint: override, settings };
  const filter: EndpointFilter = {
    name: settings.name,
    interface: settings.interface ?? options.interface ?? 'public',
    region: settings.region ?? options.region,
    ...asked,
    type: settings.type ?? type,
  };
  const endpoint = await options.auth.endpoint?.(filter, signal);
  if (endpoint !== undefined) return { type, endpoint, settings };
  throw notFound(filter);
}

function notFound({ type, interface: interfaces = 'public', region, name }: EndpointFilter) {
  const where = region === undefined ? 'any region' : `region "${region}"`;
  const named = name === undefined ? '' : ` and name "${name}"`;
  return sessionError(
    'session.endpoint_not_found',
    `no ${[interfaces].flat().join(' or ')} endpoint of type "${type}"${named} in ${where}; ` +
      `set an endpoint override for "${type}" or add it to the catalog`,
  );
}
