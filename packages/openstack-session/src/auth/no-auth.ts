import type { AuthProvider } from './auth-provider.ts';
import { fixedToken } from './fixed-token.ts';

/** For a service without Keystone. */
export interface NoAuthOptions {
  /** The URL of the one service that is talked to; without it every service needs an override in the session. */
  readonly endpoint?: string;
  /** Sent as `X-Auth-Token`. A service with `auth_strategy = noauth2` reads it as `user[:project]`; default `admin`. */
  readonly token?: string;
}

/** For services that run without Keystone (`auth_strategy = noauth2`), and for fixed tokens. */
export function noAuth({ endpoint, token = 'admin' }: NoAuthOptions): AuthProvider {
  return fixedToken({ token, endpoint });
}
