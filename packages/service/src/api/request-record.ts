import type { FastifyInstance } from 'fastify';
import type { ApiMetrics } from './api-metrics.ts';

/**
 * What happens to every request whatever it asks for: an id in the answer, a few headers against misuse by browsers,
 * one line in the access log and one observation in the metrics.
 */
export function recordRequests(app: FastifyInstance, metrics: ApiMetrics): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'OPTIONS')
      reply.headers({
        'x-openstack-request-id': request.id,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      });
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
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
      },
      'answered',
    );
    done();
  });
}
