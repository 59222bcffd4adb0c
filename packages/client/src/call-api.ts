import { Problem } from '@cyborgjs/core';
import { isOpenStackError, type OpenStackError, type Session } from '@cyborgjs/openstack-session';
import type { z } from 'zod';
import { CyborgApiError, type RequestLine } from './cyborg-api-error.ts';
import { CyborgConnectionError } from './cyborg-connection-error.ts';
import { explainFailure } from './explain-failure.ts';

/** What every method of the client takes. */
export interface CallOptions {
  /** Gives the call up; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One call of the API. */
export interface ApiCall<Answer> extends CallOptions {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path below the endpoint, its parts already encoded: `/v3/hosts/node-1`. */
  readonly path: string;
  /** What is undefined is left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, bytes as they are. */
  readonly body?: unknown;
  readonly answer: z.ZodType<Answer>;
}

/**
 * Makes a call and checks its answer. Rejects with `CyborgApiError` (the service said no) or
 * `CyborgConnectionError` (it was not the service that answered, or nothing did).
 */
export type CallApi = <Answer>(call: ApiCall<Answer>) => Promise<Answer>;

/** The service type under which a session knows our API; what Cyborg has in the catalog. */
export const serviceType = 'accelerator';

/** Binds calls to a session, for which `endpoint` is where it finds the API; here it serves for messages only. */
export function createCallApi(session: Session, endpoint: URL): CallApi {
  return async ({ method, path, query, headers, body, answer, signal }) => {
    const request: RequestLine = { method, url: endpoint.href.replace(/\/+$/, '') + path };
    // Every POST carries an idempotency key, a PATCH says what shall be, and what is deleted stays so: any call may be
    // repeated when its answer is lost.
    const call = { service: serviceType, method, path, query, headers, body, signal, idempotent: true };
    const response = await session.request(call).catch((error: unknown) => {
      throw isOpenStackError(error) ? translate(error, request) : error;
    });
    const parsed = answer.safeParse(response.body);
    if (parsed.success) return parsed.data;
    if (response.body === undefined || typeof response.body === 'string')
      throw strangerError(`HTTP ${response.status} without JSON`, request);
    throw mismatchError(parsed.error, request);
  };
}

/** The session's error in the client's words. */
function translate(error: OpenStackError, request: RequestLine): Error {
  const problem = Problem.safeParse(error.body);
  if (problem.success) {
    const { status, code, requestId, detail, details = {} } = problem.data;
    return new CyborgApiError({ status, code, requestId, detail, details, request, cause: error });
  }
  if (error.code === 'session.authentication_failed') return error;
  if (error.status === undefined)
    return new CyborgConnectionError({ request, ...explainFailure(error), cause: error });
  const said = error.detail === '' ? '' : `: ${error.detail.slice(0, 200)}`;
  return strangerError(`HTTP ${error.status}${said}`, request, error);
}

function strangerError(answered: string, request: RequestLine, cause?: unknown): CyborgConnectionError {
  return new CyborgConnectionError({
    request,
    reason: `something else answered, with ${answered}`,
    advice: 'check the endpoint and the proxies on the way',
    cause,
  });
}

function mismatchError(error: z.ZodError, request: RequestLine): CyborgConnectionError {
  const issue = error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  return new CyborgConnectionError({
    request,
    reason: `the answer is not what this client understands${place}: ${issue?.message ?? 'invalid'}`,
    advice: 'check that the endpoint is a Cyborg service, and update this client if the service is newer',
    cause: error,
  });
}
