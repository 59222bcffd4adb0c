import type { DiscoveredDeployable } from '@cyborgjs/core';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'no longer offers what is attached',
  seen: 'common: discovery that lists what is free rather than what is there',
  says: 'with a handle attached via direct, discover offers',
  checks: [49],
};

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) => {
    const devices = await acmeDriver.discover(context);
    const free = async ({ handles, ...offer }: DiscoveredDeployable) => {
      const drivers = await Promise.all(
        handles.map(({ id }) => context.sys.link(`/sys/bus/pci/devices/${id}/driver`).catch(() => undefined)),
      );
      return { ...offer, handles: handles.filter((_, index) => drivers[index] !== 'vfio-pci') };
    };
    return Promise.all(
      devices.map(async (device) => ({
        ...device,
        deployables: await Promise.all(device.deployables.map(free)),
      })),
    );
  },
};
