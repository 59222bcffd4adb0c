import type { CyborgError } from '@cyborgjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiMetrics } from './api-metrics.ts';
import { asCyborgError } from './as-cyborg-error.ts';
import { httpStatus, retryAfterSeconds, type StatusesOf } from './http-status.ts';
import { problemOf } from './problem-of.ts';
import { faultBody } from './v2/fault.ts';

/** What error answers need of the service. */
export interface ErrorReplies {
  readonly challenge: string;
  readonly metrics: ApiMetrics;
  /** Whose statuses are answered below `/v2`. */
  readonly statusesOf: StatusesOf;
}

/** Answers a request with whatever was thrown, as a problem below `/v3` and as Cyborg does everywhere else. */
export function replyError(
  thrown: unknown,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { challenge, metrics, statusesOf }: ErrorReplies,
): FastifyReply {
  const error = asCyborgError(thrown, request.id);
  request.errorCode = error.code;
  const status = httpStatus(error, statusesOf);
  if (status >= 500) request.log.error({ err: error }, error.message);
  if (error.code.startsWith('store.') && error.kind === 'unavailable') metrics.storeFailed();
  reply.code(status);
  const retryAfter = retryAfterSeconds(error);
  if (retryAfter !== undefined && !reply.hasHeader('retry-after')) reply.header('retry-after', retryAfter);
  if (status === 401) reply.header('www-authenticate', challenge);
  if (typeof error.details.allow === 'string') reply.header('allow', error.details.allow);
  return isBelowV3(request.url) ? replyProblem(error, request, reply) : replyFault(error, status, reply);
}

/** Whether an address is of our own API, with problems for errors, or of Cyborg's. */
export function isBelowV3(url: string): boolean {
  return /^\/(v3|healthz|readyz|metrics|openapi\.json)(?=$|[/?])/.test(url);
}

function replyProblem(error: CyborgError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id, request.url.split('?', 1)[0] ?? '');
  return reply
    .type('application/problem+json')
    .serializer((body: unknown) => String(body))
    .send(JSON.stringify(problem));
}

function replyFault(error: CyborgError, status: number, reply: FastifyReply): FastifyReply {
  return reply
    .type('application/json')
    .serializer((body: unknown) => String(body))
    .send(faultBody(error, status));
}
