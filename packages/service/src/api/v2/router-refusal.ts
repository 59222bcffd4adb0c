import { CyborgError } from '@cyborgjs/core';

/** The methods that Cyborg's controllers answer to, as its `Allow` lists them. */
const controllers: Readonly<Record<string, string>> = {
  devices: 'GET',
  deployables: 'GET',
  attributes: 'DELETE, GET, POST',
  device_profiles: 'DELETE, GET, POST',
  accelerator_requests: 'DELETE, GET, PATCH, POST',
};

/**
 * What Cyborg's router answers where no route fits: 405 with `Allow` for a method that the controller lacks, 404 for
 * everything else. `path` is without a query.
 */
export function routerRefusal(method: string, path: string): CyborgError {
  const [version, noun, id, action] = path.split('/').slice(1);
  if (path === '/' || (version === 'v2' && noun === undefined)) return notAllowed('GET');
  const allow = version === 'v2' ? controllers[noun ?? ''] : undefined;
  const unknownAction = method === 'GET' || method === 'HEAD' ? action !== undefined : false;
  const patchedCollection = method === 'PATCH' && id === undefined;
  if (allow === undefined || unknownAction || patchedCollection) {
    return new CyborgError('route.not_found', `no such address: ${method} ${path}`);
  }
  return notAllowed(allow);
}

function notAllowed(allow: string): CyborgError {
  return new CyborgError('route.method_not_allowed', `only ${allow}`, { details: { allow } });
}
