import type { FastifyInstance } from 'fastify';
import type { ApiMetrics } from './api-metrics.ts';
import { auditLine } from './audit.ts';

/**
 * What happens to every request whatever it asks for: an id in the answer, a few headers against misuse by browsers,
 * one line in the access log (with all of who asked, where a change was asked for) and one observation in the metrics.
 */
export function recordRequests(app: FastifyInstance, metrics: ApiMetrics): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.method === 'OPTIONS') return;
    reply.header('x-openstack-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none';
    const status = reply.statusCode;
    metrics.requestEnded({ method: request.method, route, status }, reply.elapsedTime / 1000);
    request.log.info(
      {
        method: request.method,
        url: request.originalUrl,
        status,
        ms: Math.round(reply.elapsedTime),
        remote: request.ip,
        user: request.identity?.userId,
        globalRequestId: request.headers['x-openstack-request-id'],
        audit: auditLine(request),
      },
      'answered',
    );
  });
}
