import type { AttachRequest, DeviceReference, InstallRequest, ProgramRequest } from '../../src/index.ts';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'takes the bus address for an identity',
  seen: 'a first draft of this SDK: serial ?? address; Cyborg names devices by address',
  says: 'identities were ["0000:05:00.0","0000:06:00.0"]; at other addresses discover answered',
  checks: [8],
};

const forget = <Request extends { readonly device: DeviceReference }>(request: Request): Request => ({
  ...request,
  device: { ...request.device, identity: `at:${request.device.address}` },
});

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) =>
    (await acmeDriver.discover(context)).map((device) => ({ ...device, identity: device.address })),
  attach: (context: AcmeContext, request: AttachRequest) => acmeDriver.attach(context, forget(request)),
  install: async (context: AcmeContext, request: InstallRequest) => ({
    ...(await acmeDriver.install?.(context, forget(request))),
    identity: request.device.address,
  }),
  uninstall: (context: AcmeContext, request: InstallRequest) =>
    acmeDriver.uninstall?.(context, forget(request)),
  program: (context: AcmeContext, request: ProgramRequest) => acmeDriver.program?.(context, forget(request)),
};
