import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../api-components.ts';
import { registerAcceleratorRequests } from './accelerator-request.ts';
import { registerAttributes } from './attribute.ts';
import { nameNoCharacterSet } from './content-type.ts';
import { registerDeployables } from './deployable.ts';
import { registerDevices } from './device.ts';
import { registerDeviceProfiles } from './device-profile.ts';
import { pythonJson } from './python-json.ts';
import { keepBodies } from './request-body.ts';
import { checkRequests } from './request-checks.ts';
import { registerVersion } from './version.ts';

/**
 * Cyborg's own API, microversions 2.0 to 2.3. Arguments and bodies are read by the routes, because every refusal has
 * Cyborg's words; the schemas are there for the API description.
 */
export function registerV2(app: FastifyInstance, context: ApiContext): void {
  app.setValidatorCompiler(() => (value) => ({ value }));
  app.setSerializerCompiler(() => pythonJson);
  nameNoCharacterSet(app);
  keepBodies(app);
  checkRequests(app, context);
  registerVersion(app, context);
  registerDevices(app, context);
  registerDeployables(app, context);
  registerAttributes(app, context);
  registerDeviceProfiles(app, context);
  registerAcceleratorRequests(app, context);
}
