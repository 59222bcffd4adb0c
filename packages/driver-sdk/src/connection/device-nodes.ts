import type { HeldHandle } from './held-handle.ts';

/**
 * The nodes in `/dev` that a process needs to use a handle, each for reading and writing. Of VFIO: the node of the
 * group and the container's or, with kernels that have it, the device's own and iommufd's. None where the handle is not
 * bound for a process: libvirt does that by itself.
 */
export function deviceNodes(held: HeldHandle): readonly string[] {
  if (held.type === 'CDI') return held.info.device_nodes;
  if (held.type === 'TEST_PCI') return [];
  const device = held.type === 'PCI' ? held.info.vfio_device : undefined;
  const { iommu_group: group } = held.info;
  return [
    ...(group === undefined ? [] : ['/dev/vfio/vfio', `/dev/vfio/${group}`]),
    ...(device === undefined ? [] : ['/dev/iommu', `/dev/vfio/devices/${device}`]),
  ];
}
