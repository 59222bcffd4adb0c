import type { AttachmentConnection, DiscoveredDevice, ResourceClass, Trait } from '@cyborgjs/core';
import type { CreateAttachmentRequest } from '../src/conductor/conductor.ts';
import { aDeployable, aDevice, aHandle } from './a-discovered-device.ts';
import type { ConductorBench } from './conductor-bench.ts';

/** How a consumer would take hold of it. */
export const connection: AttachmentConnection = {
  type: 'PCI',
  info: {},
  libvirt: '<hostdev/>',
  qmp: null,
  cdi: null,
  deviceNodes: [],
};
/** What an agent answers to an attach. */
export const succeeded = { kind: 'succeeded', result: { connection } } as const;
/** Two GPUs, and a network card with two functions. */
function inventory(): DiscoveredDevice[] {
  const gpu = (address: string, traits: string[]) =>
    aDevice({
      identity: `GPU at ${address}`,
      address,
      deployables: [aDeployable(address, { traits: traits as Trait[] })],
    });
  const handles = ['vf0', 'vf1'].map((id) => aHandle(id));
  return [
    gpu('0000:83:00.0', ['CUSTOM_A', 'CUSTOM_ACCEL_HOTPLUG']),
    gpu('0000:84:00.0', ['CUSTOM_A', 'CUSTOM_B']),
    aDevice({
      identity: 'NIC',
      address: '0000:17:00.0',
      deployables: [aDeployable('nic', { resourceClass: 'CUSTOM_NIC' as ResourceClass, handles })],
    }),
  ];
}

/** Reports them, and makes them ready. */
export async function openReady(bench: ConductorBench): Promise<void> {
  await bench.tell({ kind: 'hello' });
  await bench.report(inventory());
  const { items } = await bench.store.devices.list();
  for (const { id } of items) {
    const operation = await bench.conductor.makeDeviceReady({ device: id, requestedBy: 'operator' });
    await bench.answer(operation.id, { kind: 'succeeded', result: {} });
  }
  await bench.commands();
}

/** Of a GPU, for a host. */
export const request = (changes: Partial<CreateAttachmentRequest> = {}): CreateAttachmentRequest => ({
  consumer: { type: 'host', id: 'vm-1' },
  projectId: 'p1',
  requestedBy: 'operator',
  resourceClass: 'PGPU' as ResourceClass,
  ...changes,
});
