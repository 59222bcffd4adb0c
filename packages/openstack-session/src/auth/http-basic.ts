import type { AuthProvider } from './auth-provider.ts';

/** A user of a service that runs on its own with `auth_strategy = http_basic`. */
export interface HttpBasicOptions {
  readonly username: string;
  readonly password: string;
  /** The URL of the service; without it every service needs an override in the session. */
  readonly endpoint?: string | undefined;
}

/** HTTP Basic authentication (RFC 7617) at one endpoint; asks no Keystone. */
export function httpBasic({ username, password, endpoint }: HttpBasicOptions): AuthProvider {
  const headers = { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
  return { headers: async () => headers, invalidate: () => {}, endpoint: async () => endpoint };
}
