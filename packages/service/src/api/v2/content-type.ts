import type { FastifyInstance } from 'fastify';

/** Answers `application/json` and no more, as Cyborg does, where the framework would add a character set. */
export function nameNoCharacterSet(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    if (reply.hasHeader('content-type')) reply.header('content-type', 'application/json');
  });
}
