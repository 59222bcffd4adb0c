import type { Health } from '@cyborgjs/core';
import { acmeDriver } from '../acme/acme-driver.ts';
import type { AcmeContext } from '../acme/acme-steps.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'holds a card that failed once to be failed for ever',
  seen: 'NVIDIA/k8s-device-plugin#189: unhealthy until the container is restarted',
  says: 'when call …, readBytes /sys/bus/pci/devices/0000:06:00.0/config gave {}, discover reported 0000:05:00.0 otherwise, or not at all',
  checks: [13, 47],
};

const failed = new Map<string, Health>();

export default {
  ...acmeDriver,
  discover: async (context: AcmeContext) =>
    (await acmeDriver.discover(context)).map((device) => {
      if (device.health.state === 'failed') failed.set(device.address, device.health);
      return { ...device, health: failed.get(device.address) ?? device.health };
    }),
};
