import { Diagnosis } from '@cyborgjs/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { askPeer } from '../../conductor/peer.ts';
import { callerOf } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { routeRules } from '../policy.ts';
import { noQuery, refusals } from './route-schema.ts';

/** A person waits for the answer; one peer that is away must not cost it. */
const patienceMs = 10_000;

/** `/v3/diagnosis`: who calls, what they may do, and how the services answer that this one needs. */
export function registerDiagnosis(app: FastifyInstance, context: ApiContext): void {
  const { peers, policy, now, version, conductor } = context;
  app.withTypeProvider<ZodTypeProvider>().route({
    method: 'GET',
    url: '/v3/diagnosis',
    config: { rule: 'cyborg:diagnosis:get_one' },
    schema: {
      tags: ['service'],
      summary: 'Who calls, what they may do, and how other services answer to this one',
      querystring: noQuery,
      response: { 200: Diagnosis, ...refusals },
    },
    handler: async (request) => {
      const caller = callerOf(request);
      const [answers, autoReady] = await Promise.all([
        Promise.all(peers.map((peer) => askPeer(peer, patienceMs))),
        conductor.examineRules(),
      ]);
      return {
        version,
        now: new Date(now()).toISOString(),
        caller: {
          user: caller.userId,
          project: caller.projectId,
          roles: [...caller.roles],
          refused: routeRules.filter((rule) => !policy.allows(caller, rule)),
        },
        peers: answers,
        autoReady: [...autoReady],
      };
    },
  });
}
