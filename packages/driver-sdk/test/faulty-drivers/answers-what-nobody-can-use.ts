import { acmeDriver } from '../acme/acme-driver.ts';
import type { Mistake } from './mistake.ts';

export const mistake: Mistake = {
  what: 'answers facts of a handle that nothing can be made from',
  seen: 'our own example: the name of a CDI device under another name, so that no container could have it',
  says: 'attach via direct answered facts that no consumer can use: what is known of an attached PCI handle is wrong: iommu_group:',
  checks: [17],
};

export default {
  ...acmeDriver,
  attach: async (...call: Parameters<typeof acmeDriver.attach>) => {
    const { type, info } = await acmeDriver.attach(...call);
    return { type, info: { ...info, iommu_group: 'the fourteenth' } };
  },
};
