import type { Monitor } from './monitor.ts';

/** A slot that takes cards while the machine runs: by ACPI, or by the native hotplug of PCI Express. */
export type Slot = 'slot-acpi' | 'slot-native';

/** Plugs a card that calls itself a processing accelerator into the machine that this runs in. */
export async function plugCard(monitor: Monitor, id: string, bus: Slot): Promise<void> {
  await monitor.execute('blockdev-add', { driver: 'null-co', 'node-name': `disk-${id}`, size: 1048576 });
  await monitor.execute('device_add', {
    driver: 'virtio-blk-pci',
    class: 0x1200,
    'disable-legacy': 'on',
    iommu_platform: true,
    drive: `disk-${id}`,
    id,
    bus,
  });
}

/** Pulls it out again. */
export async function pullCard(monitor: Monitor, id: string): Promise<void> {
  await monitor.execute('device_del', { id });
}
