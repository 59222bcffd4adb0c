/** Headers that authenticate a request. */
export type AuthHeaders = Readonly<Record<string, string>>;

/** What to look for in the service catalog. */
export interface EndpointFilter {
  /** The catalog's service type: `placement`, `compute`, `image`, `accelerator`. */
  readonly type: string;
  /** Default `public`. */
  readonly interface?: 'public' | 'internal' | 'admin' | undefined;
  /** Any region when absent. */
  readonly region?: string | undefined;
}

/**
 * Where a session gets its token and its endpoints from. `keystonePassword` and `noAuth` are two; a host with its
 * own way of getting tokens brings its own.
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
  /** Closes connections that the provider holds. */
  close?(): Promise<void>;
}
