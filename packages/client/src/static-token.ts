import type { AuthProvider } from '@cyborgjs/openstack-session';

/** Sends always the same token, or none at all when there is none. */
export function staticToken(token: string | undefined): AuthProvider {
  const headers: Readonly<Record<string, string>> = token === undefined ? {} : { 'x-auth-token': token };
  return { headers: async () => headers, invalidate: () => {} };
}
