import type { IncomingHttpHeaders } from 'node:http';

/** Who makes a request, as far as rights and records go. */
export interface Identity {
  /** Id or name that goes into records as the asker. */
  readonly userId: string;
  /** Project the token is scoped to; null for system-scoped, domain-scoped and unscoped tokens. */
  readonly projectId: string | null;
  /** All roles, implied ones included. */
  readonly roles: readonly string[];
  /** Whether another service vouches for the request with a service token of its own. */
  readonly service: boolean;
  /** Who that service is; null where none vouches. */
  readonly serviceUserId: string | null;
}

/** Finds out who makes a request. */
export interface Authenticator {
  /** Value of `WWW-Authenticate` in a 401. */
  readonly challenge: string;
  /**
   * Throws `auth.required` when there is no valid token, and an `unavailable` error when that cannot be found out
   * at the moment.
   */
  authenticate(headers: IncomingHttpHeaders): Promise<Identity>;
}
