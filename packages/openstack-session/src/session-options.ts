import type { AuthProvider, EndpointFilter } from './auth-provider.ts';
import type { HttpOptions } from './http.ts';

/** How a session is made. */
export interface SessionOptions extends HttpOptions {
  readonly auth: AuthProvider;
  /** URLs by service type that win over the catalog. */
  readonly endpointOverrides?: Readonly<Record<string, string>>;
  /** Which of a service's endpoints to use. Default `public`. */
  readonly interface?: NonNullable<EndpointFilter['interface']>;
  /** Default: any. */
  readonly region?: string;
  /** For one call, retries included. Default 60 s. */
  readonly timeoutMs?: number;
  /** A monotonic clock in milliseconds. */
  readonly now?: () => number;
  /** Makes the UUID in a call's global request id. */
  readonly newId?: () => string;
  /** Sent as `User-Agent`. */
  readonly userAgent?: string;
}
