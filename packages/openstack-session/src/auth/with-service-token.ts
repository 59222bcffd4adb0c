import type { AuthHeaders, AuthProvider } from './auth-provider.ts';

/**
 * Adds the token of a service to every request (`X-Service-Token`), so that the services called accept a user's
 * token for longer. Services answer a bad service token as they answer a bad user token: on a 401 both are got
 * anew.
 *
 * @example
 * const auth = withServiceToken(keystoneToken({ authUrl, token: userToken }), keystonePassword(ownAccount));
 */
export function withServiceToken(user: AuthProvider, service: AuthProvider): AuthProvider {
  return {
    headers: async (signal) => {
      const [own, other] = await Promise.all([user.headers(signal), service.headers(signal)]);
      return { ...own, 'x-service-token': other['x-auth-token'] ?? '' };
    },
    invalidate: ({ 'x-service-token': token = '', ...rejected }: AuthHeaders) => {
      user.invalidate(rejected);
      service.invalidate({ 'x-auth-token': token });
    },
    endpoint: async (filter, signal) => user.endpoint?.(filter, signal),
    identity: async (signal) => user.identity?.(signal),
    close: async () => {
      await Promise.all([user.close?.(), service.close?.()]);
    },
  };
}
