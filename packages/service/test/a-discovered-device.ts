import type {
  DiscoveredDeployable,
  DiscoveredDevice,
  DiscoveredHandle,
  ResourceClass,
  Trait,
} from '@cyborgjs/core';

/** A handle as a driver reports it: one PCI function. */
export function aHandle(id = '0000:83:00.0', facts: Partial<DiscoveredHandle> = {}): DiscoveredHandle {
  return { id, type: 'PCI', info: { domain: '0000', bus: '83', device: '00', function: '0' }, ...facts };
}

/** A deployable as a driver reports it: a whole GPU with one handle. */
export function aDeployable(
  name = '0000:83:00.0',
  facts: Partial<DiscoveredDeployable> = {},
): DiscoveredDeployable {
  return {
    name,
    resourceClass: 'PGPU' as ResourceClass,
    traits: ['CUSTOM_GPU_NVIDIA', 'OWNER_CYBORG'] as Trait[],
    handles: [aHandle(name)],
    ...facts,
  };
}

/** A device as a driver reports it: a GPU that feels well. */
export function aDevice(facts: Partial<DiscoveredDevice> = {}): DiscoveredDevice {
  const address = facts.address ?? '0000:83:00.0';
  return {
    identity: 'GPU-1',
    kind: 'GPU',
    vendor: '10de',
    model: 'NVIDIA H200',
    address,
    numaNode: 0,
    health: { state: 'ok' },
    firmware: { vbios: '96.00.a5.00.03' },
    attributes: { product_id: '2335' },
    deployables: [aDeployable(address)],
    ...facts,
  };
}
