import { z } from 'zod';
import { isOpenStackError, type OpenStackError, sessionError } from '../errors/openstack-error.ts';
import { startDeadline } from '../http/deadline.ts';
import type { Http } from '../http/http.ts';
import { type HttpRequest, placeOf } from '../http/http-message.ts';
import { readAnswer, type SessionResponse } from '../http/read-answer.ts';
import type { Identity } from './auth-provider.ts';
import { Catalog } from './catalog.ts';
import type { KeptToken } from './token-keeper.ts';

/** One way to get a token from Keystone. */
export interface KeystoneMethod {
  /** `auth.identity` of the request. */
  readonly identity: unknown;
  /** `auth.scope` of the request; none when undefined. */
  readonly scope?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whose credentials they are, for messages: `user "cyborg"`. */
  readonly who: string;
  /** What to do when they are refused. */
  readonly advice: string;
  /** Whether a new token outlives the one before. */
  readonly isRenewable: boolean;
}

/** What a token says. */
export interface TokenFacts {
  readonly catalog: Catalog;
  readonly identity: Identity;
}

interface TokenRequest {
  readonly http: Http;
  /** The address that gives tokens, `…/v3/auth/tokens`. */
  readonly url: URL;
  readonly method: KeystoneMethod;
  readonly timeoutMs: number;
  /** A monotonic clock in milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/**
 * Asks Keystone for a token.
 *
 * @throws OpenStackError `session.authentication_failed`, `session.token_ended` or `session.bad_answer`, and what
 * `Send` throws
 */
export async function requestToken(request: TokenRequest): Promise<KeptToken<TokenFacts>> {
  const { http, url, method, timeoutMs, now, wallClock } = request;
  const deadline = startDeadline({ timeoutMs, now });
  const message: HttpRequest = {
    service: 'identity',
    method: 'POST',
    url,
    headers: { accept: 'application/json', 'content-type': 'application/json', ...method.headers },
    body: JSON.stringify({
      auth: { identity: method.identity, ...(method.scope !== undefined && { scope: method.scope }) },
    }),
    // Getting a token twice only leaves one unused.
    idempotent: true,
    deadline,
    attempts: [],
  };
  const answer = await http.send(message).finally(deadline.end);
  return tokenOf(
    accepted(() => readAnswer(answer, { message, wallClock }), request),
    message,
  );
}

function accepted(read: () => SessionResponse, { method, url }: TokenRequest): SessionResponse {
  try {
    return read();
  } catch (error) {
    if (!isOpenStackError(error)) throw error;
    // Keystone does not find a token that was revoked.
    if (!method.isRenewable && (error.status === 401 || error.status === 404))
      throw tokenEnded(method, error);
    if (error.status !== 401) throw error;
    throw sessionError(
      'session.authentication_failed',
      `Keystone at ${url.origin} refused ${method.who}: ${error.detail}. ${method.advice}`,
      { status: 401, attempts: error.attempts, cause: error },
    );
  }
}

/** The error of a token that cannot be renewed and has come to its end. */
export function tokenEnded({ who, advice }: KeystoneMethod, cause?: OpenStackError) {
  const text = `${who} has ended or was revoked, and cannot renew itself. ${advice}`;
  const { status, attempts } = cause ?? {};
  return sessionError('session.token_ended', text, cause && { status, attempts, cause });
}

const TokenBody = z.object({
  token: z.object({
    expires_at: z.iso.datetime({ offset: true }),
    issued_at: z.iso.datetime({ offset: true }),
    catalog: Catalog.default([]),
    user: z.object({ id: z.string(), name: z.string() }).default({ id: '', name: '' }),
    project: z.object({ id: z.string(), name: z.string() }).optional(),
    roles: z.array(z.object({ name: z.string() })).default([]),
  }),
});

function tokenOf(response: SessionResponse, message: HttpRequest): KeptToken<TokenFacts> {
  const id = response.headers['x-subject-token'];
  const parsed = TokenBody.safeParse(response.body);
  if (id === undefined || !parsed.success)
    throw sessionError(
      'session.bad_answer',
      `${placeOf(message)} answered ${response.status}, but no token of Keystone v3: ` +
        `${parsed.error === undefined ? 'no X-Subject-Token' : z.prettifyError(parsed.error)}`,
      { status: response.status, attempts: message.attempts },
    );
  const { expires_at: expires, issued_at: issued, catalog, user, project, roles } = parsed.data.token;
  const identity = {
    userId: user.id,
    userName: user.name,
    roles: roles.map(({ name }) => name),
    projectId: project?.id,
    projectName: project?.name,
  };
  return { id, lifetimeMs: Date.parse(expires) - Date.parse(issued), facts: { catalog, identity } };
}
