/** Headers that authenticate a request. */
export type AuthHeaders = Readonly<Record<string, string>>;

/** From where an endpoint is reached. */
export type EndpointInterface = 'public' | 'internal' | 'admin';

/** What to look for in the service catalog. */
export interface EndpointFilter {
  /** The catalog's service type: `placement`, `compute`, `image`, `accelerator`. */
  readonly type: string;
  /** One, or several in the order of preference. Default `public`. */
  readonly interface?: EndpointInterface | readonly EndpointInterface[] | undefined;
  /** Any region when absent. */
  readonly region?: string | undefined;
  /** The service's name in the catalog, where one type is there twice. Any when absent. */
  readonly name?: string | undefined;
}

/** Who one is for Keystone, and what one may do where. */
export interface Identity {
  readonly userId: string;
  readonly userName: string;
  /** Names of the roles, implied ones included; none for a token without a scope. */
  readonly roles: readonly string[];
  /** Of a token for a project. */
  readonly projectId?: string | undefined;
  readonly projectName?: string | undefined;
}

/**
 * Where a session gets its token and its endpoints from. `keystonePassword` and `noAuth` are two; a host with its
 * own way of getting tokens brings its own.
 *
 * @example
 * const auth: AuthProvider = {
 *   headers: async () => ({ 'x-auth-token': await readTokenFromVault() }),
 *   invalidate: () => forgetToken(),
 *   endpoint: async ({ type }) => (type === 'placement' ? 'http://127.0.0.1:8778' : undefined),
 * };
 */
export interface AuthProvider {
  /** The headers for one request, renewed when needed. Many callers at once cause one renewal. */
  headers(signal: AbortSignal): Promise<AuthHeaders>;
  /**
   * Forgets a token that a service has just refused. `rejected` are the headers that were refused: a token that
   * was renewed meanwhile is kept.
   */
  invalidate(rejected: AuthHeaders): void;
  /** The URL of a service, or undefined when this provider knows none. */
  endpoint?(filter: EndpointFilter, signal: AbortSignal): Promise<string | undefined>;
  /** Who the token is for, where the provider knows it. */
  identity?(signal: AbortSignal): Promise<Identity | undefined>;
  /** Closes connections that the provider holds. */
  close?(): Promise<void>;
}
