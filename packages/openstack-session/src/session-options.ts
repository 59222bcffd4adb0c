import type { AuthProvider, EndpointFilter } from './auth/auth-provider.ts';
import type { HttpOptions } from './http/http.ts';
import type { Interceptor } from './http/http-message.ts';
import type { RetryLimits } from './http/retry-policy.ts';

/** What holds for one service and wins over what holds for the session. */
export interface ServiceSettings extends RetryLimits {
  /** Its URL; the catalog is then not asked. */
  readonly endpoint?: string | undefined;
  /** Its type in the catalog, where that is another one. */
  readonly type?: string | undefined;
  /** Its name in the catalog, where one type is there twice. */
  readonly name?: string | undefined;
  readonly interface?: EndpointFilter['interface'];
  readonly region?: string | undefined;
  /** Of calls that do not say one: `1.39`. */
  readonly microversion?: string | undefined;
}

/** How a session is made. */
export interface SessionOptions extends HttpOptions {
  readonly auth: AuthProvider;
  /** Whose token goes along as `X-Service-Token`; none when absent. The session closes it as it closes `auth`. */
  readonly serviceAuth?: AuthProvider | undefined;
  /** URLs by service type that win over the catalog. */
  readonly endpointOverrides?: Readonly<Record<string, string>>;
  /** Which of a service's endpoints to use; a list is in the order of preference. Default `public`. */
  readonly interface?: NonNullable<EndpointFilter['interface']>;
  /** Default: any. */
  readonly region?: string;
  /** Settings of single services, by service type. `endpointOverrides` wins over the endpoint in them. */
  readonly services?: (type: string) => ServiceSettings | undefined;
  /** For one call, retries included. Default 60 s. */
  readonly timeoutMs?: number;
  /** Own steps in front of the session's; they see each call once, before it has a token. */
  readonly interceptors?: readonly Interceptor[];
  /** Makes the UUID in a call's global request id. */
  readonly newId?: () => string;
  /** Sent as `User-Agent`. */
  readonly userAgent?: string;
}
