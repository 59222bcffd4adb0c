import { officialServiceType } from '../service-types.ts';
import type { Interceptor } from './http-message.ts';

/** Adds a global request id, one per call: services log it beside their own, which their answers carry. */
export function addRequestId(newId: () => string): Interceptor {
  return (next) => (message) =>
    next({ ...message, headers: { 'x-openstack-request-id': `req-${newId()}`, ...message.headers } });
}

/** Adds the message's microversion, where the caller has not said it in a header. */
export function addMicroversion(): Interceptor {
  return (next) => (message) => {
    const { microversion, service, headers } = message;
    if (microversion === undefined) return next(message);
    return next({ ...message, headers: { ...microversionHeaders(service, microversion), ...headers } });
  };
}

/** Headers of before `OpenStack-API-Version`, by service type; these services still look at them. */
const olderHeaders: Readonly<Record<string, string>> = {
  compute: 'x-openstack-nova-api-version',
  baremetal: 'x-openstack-ironic-api-version',
  'baremetal-introspection': 'x-openstack-ironic-inspector-api-version',
  'shared-file-system': 'x-openstack-manila-api-version',
};

/** How a service is told the microversion (API working group, "Microversion Specification"). */
function microversionHeaders(service: string, microversion: string): Record<string, string> {
  const type = officialServiceType(service);
  const older = olderHeaders[type];
  return {
    // Cinder kept its old name.
    'openstack-api-version': `${type === 'block-storage' ? 'volume' : type} ${microversion}`,
    ...(older !== undefined && { [older]: microversion }),
  };
}
