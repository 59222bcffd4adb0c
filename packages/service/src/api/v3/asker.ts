import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredOperation } from '../../store/operation.ts';
import { callerOf } from '../access.ts';
import { mountOf } from '../routed-url.ts';
import type { ChangeHeaders } from './route-schema.ts';

/** Who asks for a change, under which key, and on which condition. */
export function askerOf(request: FastifyRequest, headers: ChangeHeaders) {
  const version = /\d+/.exec(headers['if-match'] ?? '')?.[0];
  return {
    requestedBy: callerOf(request).userId,
    idempotencyKey: headers['idempotency-key'],
    ifVersion: version === undefined ? undefined : Number(version),
  };
}

/** Answers 202 with an operation and the address at which it can be followed. */
export function accept(
  request: FastifyRequest,
  reply: FastifyReply,
  operation: StoredOperation,
): StoredOperation {
  reply.code(202).header('location', `${mountOf(request.originalUrl)}/v3/operations/${operation.id}`);
  return operation;
}

/** The ETag of something with a version. */
export function etagOf({ version }: { readonly version: number }): string {
  return `"${version}"`;
}
