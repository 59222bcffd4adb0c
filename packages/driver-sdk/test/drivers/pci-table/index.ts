import { definePciDriver } from '../../../src/index.ts';

export default definePciDriver({
  match: { vendor: '8086', device: '1592' },
  kind: 'NIC',
  resourceClass: 'CUSTOM_NIC_VF',
});
