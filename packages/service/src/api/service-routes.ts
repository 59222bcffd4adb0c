import { isCyborgError } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from './api-components.ts';
import type { Census } from './api-metrics.ts';
import { readingsLastMs } from './device-series.ts';
import { registerOpenApi } from './open-api.ts';

/** So many are shown one by one; there are a handful, as a rule. */
const mostWebhooks = 1000;

const Readiness = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).describe('What stands in the way; empty when ready.'),
});

/** What monitoring asks: whether the process serves, whether it can do its work, and its numbers. All public. */
export function registerService(app: FastifyInstance, context: ApiContext): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  registerHealth(app);
  registerReadiness(app, context);
  registerMetrics(app, context);
  registerOpenApi(app);
}

function registerHealth(app: FastifyInstance): void {
  app.route({
    method: 'GET',
    url: '/healthz',
    config: { rule: 'public', rateLimit: false },
    schema: {
      tags: ['service'],
      summary: 'Whether the process serves',
      security: [],
      response: { 200: z.object({ healthy: z.literal(true) }) },
    },
    handler: async () => ({ healthy: true }),
  });
}

function registerReadiness(app: FastifyInstance, context: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/readyz',
    config: { rule: 'public', rateLimit: false },
    schema: {
      tags: ['service'],
      summary: 'Whether the store and the bus can be reached',
      security: [],
      response: { 200: Readiness, 503: Readiness },
    },
    handler: async (_request, reply) => {
      const reasons = await whyNotReady(context);
      return reply.code(reasons.length === 0 ? 200 : 503).send({ ready: reasons.length === 0, reasons });
    },
  });
}

function registerMetrics(app: FastifyInstance, context: ApiContext): void {
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { rule: 'public', rateLimit: false },
    schema: {
      tags: ['service'],
      summary: 'Numbers for Prometheus',
      security: [],
      response: { 200: { description: 'Text format.', content: { 'text/plain': { schema: z.string() } } } },
    },
    serializerCompiler: () => String,
    handler: async (_request, reply) => {
      reply.type(context.metrics.contentType);
      return context.metrics.render(await takeCensus(context));
    },
  });
}

async function whyNotReady({ store, metrics, bus }: ApiContext): Promise<string[]> {
  const reasons: string[] = [];
  try {
    await store.ping();
  } catch (error) {
    metrics.storeFailed();
    reasons.push(`store: ${isCyborgError(error) ? error.message : 'no answer'}`);
  }
  if (!bus.isConnected()) reasons.push('bus: not connected; operations wait until it is');
  return reasons;
}

/** Null while the store is away: a scrape still gets what the process knows of itself. */
async function takeCensus({ store, metrics, log }: ApiContext): Promise<Census | null> {
  try {
    const [devices, operations, hosts, stats, calls, webhooks] = await Promise.all([
      store.devices.count(),
      store.operations.count(),
      store.hosts.list(),
      store.stats.recent(readingsLastMs),
      store.stats.recentCalls(readingsLastMs),
      store.webhooks.list({ limit: mostWebhooks }),
    ]);
    return { devices, operations, hosts: hosts.items, stats, calls, webhooks: webhooks.items };
  } catch (error) {
    metrics.storeFailed();
    log.warn({ err: error }, 'nothing counted for /metrics');
    return null;
  }
}
