import { CyborgError } from '@cyborgjs/core';
import rateLimit from '@fastify/rate-limit';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { demandRules } from './access.ts';
import {
  type ApiComponents,
  type ApiContext,
  type ApiSettings,
  defaultApiSettings,
} from './api-components.ts';
import { createApiMetrics } from './api-metrics.ts';
import { refuseUnknown } from './not-found.ts';
import { describeApi } from './open-api.ts';
import { type ErrorReplies, replyError } from './reply-error.ts';
import { recordRequests } from './request-record.ts';
import { listRoutes, type RouteList } from './route-list.ts';
import { routedUrl } from './routed-url.ts';
import { registerService } from './service-routes.ts';
import { registerV2 } from './v2/v2-routes.ts';
import { registerVersionList } from './v2/version.ts';
import { registerV3 } from './v3/v3-routes.ts';

/** Longest part of a path: lists of names may stand there. */
const maxParamLength = 8192;
/** Time to receive a whole request, so that nobody holds connections by sending slowly. */
const requestTimeoutMs = 60_000;

/**
 * Builds the whole HTTP side of the service: `/v2`, `/v3`, `/healthz`, `/readyz`, `/metrics`, `/openapi.json`. It does
 * not listen; that is the caller's to do. Closing it ends all streams and lets running requests finish.
 */
export function createApi(
  components: ApiComponents,
  settings: ApiSettings = defaultApiSettings,
): FastifyInstance {
  const closing = new AbortController();
  const metrics = createApiMetrics();
  const context: ApiContext = { ...components, settings, metrics, closing: closing.signal };
  const errors: ErrorReplies = { challenge: components.authenticator.challenge, metrics };
  const app: FastifyInstance = Fastify({
    loggerInstance: components.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => `req-${components.newId()}`,
    bodyLimit: settings.bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    rewriteUrl: (request) => routedUrl(request.url ?? '/'),
    routerOptions: { maxParamLength },
    frameworkErrors: (error, request, reply) => {
      reply.header('x-openstack-request-id', request.id);
      replyError(error, { request, reply }, errors);
    },
  });
  app.decorateRequest('identity', null);
  app.decorateRequest('minor', 0);
  app.addHook('preClose', async () => closing.abort());
  app.setErrorHandler((error, request, reply) => replyError(error, { request, reply }, errors));
  demandRules(app);
  recordRequests(app, metrics);
  answerOptions(app);
  limitRates(app, settings);
  describeApi(app);
  const routes = listRoutes(app);
  app.register(async (scope) => registerRoutes(scope, context, routes));
  return app;
}

/** In a scope of their own, loaded after the plugins that watch routes being added. */
function registerRoutes(app: FastifyInstance, context: ApiContext, routes: RouteList): void {
  app.register(async (scope) => registerService(scope, context));
  app.register(async (scope) => registerVersionList(scope, context));
  app.register(async (scope) => registerV2(scope, context));
  app.register(async (scope) => registerV3(scope, context));
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) =>
    refuseUnknown(request, reply, { ...context, routes }),
  );
}

/** As Cyborg's CORS filter does: 200 and nothing else, for any address, before anything is looked at. */
function answerOptions(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method === 'OPTIONS') reply.code(200).send();
    else done();
  });
}

function limitRates(app: FastifyInstance, { requestsPerMinute }: ApiSettings): void {
  app.register(rateLimit, {
    max: requestsPerMinute,
    timeWindow: 60_000,
    // Whoever hangs up before we look has no address any more.
    keyGenerator: (request) => request.ip ?? 'gone',
    addHeadersOnExceeding: {
      'x-ratelimit-limit': false,
      'x-ratelimit-remaining': false,
      'x-ratelimit-reset': false,
    },
    errorResponseBuilder: (_request, { max, ttl }) =>
      new CyborgError(
        'request.rate_limited',
        `more than ${max} requests in a minute; come back in ${Math.ceil(ttl / 1000)} s`,
      ),
  });
}
