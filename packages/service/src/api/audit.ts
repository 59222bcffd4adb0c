import { CyborgError } from '@cyborgjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ConductorIntents } from '../conductor/conductor.ts';
import { callerOf } from './access.ts';
import type { ApiContext } from './api-components.ts';

type NewAuditRecord = Parameters<ConductorIntents['recordRequest']>[0];

declare module 'fastify' {
  interface FastifyRequest {
    /** What is to be known of a request that asks for a change; null of one that only reads. */
    audit: AuditNote | null;
    /** Code of the error that it is answered with; null where there is none. */
    errorCode: string | null;
  }
}

/** What has been noted of a request so far. */
interface AuditNote {
  readonly target: string;
  /** The status that is stored with the change; null while nothing is. */
  stored: number | null;
}

const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Longest text of a caller's that is kept. */
const maxTarget = 8_000;
const maxText = 255;

/**
 * The conductor as a route asks it for a change: with whatever it changes it keeps who asked, both or neither. `target`
 * names what the change is about, by ids or names.
 */
export function conductorFor(
  request: FastifyRequest,
  { conductor }: Pick<ApiContext, 'conductor'>,
  target: readonly string[],
): ConductorIntents {
  const note: AuditNote = { target: target.join(','), stored: null };
  request.audit = note;
  const record = recordOf(request, { status: successOf(request), errorCode: null });
  return conductor.recordedAs(record, () => {
    note.stored = record.status;
  });
}

/**
 * Keeps a record of every request for a change by somebody who is known, before it is answered: the refused ones, and
 * those that changed nothing. What a route changed by way of `conductorFor` is kept already, unless it is answered
 * otherwise than was to be expected.
 */
export function keepAudit(
  app: FastifyInstance,
  { conductor, log }: Pick<ApiContext, 'conductor' | 'log'>,
): void {
  app.decorateRequest('audit', null);
  app.decorateRequest('errorCode', null);
  app.addHook('onSend', async (request, reply) => {
    if (!isAudited(request)) return;
    const { statusCode: status } = reply;
    const { errorCode } = request;
    // Nothing can be written now, and nothing was.
    if (errorCode?.startsWith('store.') === true && status === 503) return;
    if (request.audit?.stored === status) return;
    try {
      await conductor.recordRequest(recordOf(request, { status, errorCode }));
    } catch (err) {
      log.error({ err, reqId: request.id }, 'who asked for this change could not be stored; see its line');
    }
  });
}

/** Who asked for what, for the access log; undefined for requests that only read, or by nobody who is known. */
export function auditLine(request: FastifyRequest): object | undefined {
  if (!isAudited(request)) return undefined;
  const { projectId, roles, serviceUserId } = callerOf(request);
  return {
    project: projectId,
    roles,
    serviceUser: serviceUserId,
    route: request.routeOptions.url,
    target: targetOf(request),
    error: request.errorCode,
  };
}

/** Those whom nobody knows, and who ask too often, are in the access log alone: they must not fill the database. */
function isAudited({ method, identity, routeOptions, errorCode }: FastifyRequest): boolean {
  return (
    !readingMethods.has(method) &&
    identity !== null &&
    routeOptions.url !== undefined &&
    errorCode !== 'request.rate_limited'
  );
}

function recordOf(
  request: FastifyRequest,
  { status, errorCode }: Pick<NewAuditRecord, 'status' | 'errorCode'>,
): NewAuditRecord {
  const { userId, projectId, roles, serviceUserId } = callerOf(request);
  const globalRequestId = request.headers['x-openstack-request-id'];
  return {
    requestId: request.id,
    globalRequestId: globalRequestId === undefined ? null : storable(String(globalRequestId), maxText),
    userId,
    projectId,
    roles: [...roles],
    serviceUserId,
    method: request.method,
    route: request.routeOptions.url ?? '',
    target: targetOf(request),
    outcome: status < 400 ? 'done' : status < 500 ? 'refused' : 'failed',
    status,
    errorCode,
  };
}

/** What the route has named; before it could, what stands in the path and in the query. */
function targetOf(request: FastifyRequest): string {
  const named = request.audit?.target;
  if (named !== undefined) return storable(named, maxTarget);
  const given = [request.params, request.query].flatMap((values) => Object.values(values ?? {}));
  return storable(given.flat().map(String).join(','), maxTarget);
}

/** Without what databases cannot hold, and no longer than is kept. */
function storable(text: string, most: number): string {
  const clean = text.replaceAll('\0', '').toWellFormed();
  return clean.length <= most ? clean : `${clean.slice(0, most - 1).toWellFormed()}…`;
}

/** The status with which the route says that something was changed: of several, the highest, as 201 beside 200. */
function successOf(request: FastifyRequest): number {
  const statuses = Object.keys((request.routeOptions.schema?.response ?? {}) as Record<string, unknown>);
  const success = Math.max(...statuses.filter((status) => /^2\d\d$/.test(status)).map(Number));
  if (Number.isFinite(success)) return success;
  throw new CyborgError('internal.unexpected', `route ${request.routeOptions.url} declares no success`);
}
