import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { admit, requireRouteRight } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { registerAttachments } from './attachment.ts';
import { registerDevices } from './device.ts';
import { registerDrivers } from './driver.ts';
import { registerEvents } from './event.ts';
import { registerHosts } from './host.ts';
import { registerOperations } from './operation.ts';

/** Our own API: hosts, drivers, devices with their life cycle, attachments, operations and events. */
export function registerV3(app: FastifyInstance, context: ApiContext): void {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser('text/plain');
  app.addHook('onRequest', async (request) => {
    await admit(request, context.authenticator);
    requireRouteRight(request, context.policy);
  });
  registerHosts(app, context);
  registerDrivers(app, context);
  registerDevices(app, context);
  registerAttachments(app, context);
  registerOperations(app, context);
  registerEvents(app, context);
}
