import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { admit, requireRouteRight } from '../access.ts';
import type { ApiContext } from '../api-components.ts';
import { registerAttachments } from './attachment.ts';
import { registerAudit } from './audit.ts';
import { registerDeployables } from './deployable.ts';
import { registerDevices } from './device.ts';
import { registerDeviceHealth } from './device-health.ts';
import { registerDeviceProfiles } from './device-profile.ts';
import { registerDiagnosis } from './diagnosis.ts';
import { registerDrivers } from './driver.ts';
import { registerEvents } from './event.ts';
import { registerFlavors } from './flavor.ts';
import { registerHosts } from './host.ts';
import { registerImages } from './image.ts';
import { registerOperations } from './operation.ts';
import { registerQuotas } from './quota.ts';
import { registerStats } from './stats.ts';
import { registerWebhooks } from './webhook.ts';

/**
 * Our own API: hosts, drivers, devices with their life cycle and readings, deployables and what they are programmed with,
 * attachments, operations, events and webhooks, device profiles and flavors, quotas, and the record of who asked for
 * which change.
 */
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
  registerDeviceHealth(app, context);
  registerStats(app, context);
  registerDeployables(app, context);
  registerImages(app, context);
  registerAttachments(app, context);
  registerOperations(app, context);
  registerEvents(app, context);
  registerWebhooks(app, context);
  registerQuotas(app, context);
  registerAudit(app, context);
  registerDeviceProfiles(app, context);
  registerFlavors(app, context);
  registerDiagnosis(app, context);
}
