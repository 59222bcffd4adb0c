import type { HeldHandle } from './held-handle.ts';

/** One command of the QEMU Machine Protocol, as it is sent. */
export interface QmpCommand {
  readonly execute: string;
  readonly arguments: Readonly<Record<string, string>>;
}

export interface QmpOptions {
  /** Id of the device in its machine, unique there: letters, digits, `-`, `.` and `_`, beginning with a letter. */
  readonly id: string;
  /** The bus that it is plugged into, a free `pcie-root-port` for hotplug; QEMU's choice when left out. */
  readonly bus?: string;
  /** Uses iommufd (QEMU 8.2, Linux 6.6) by an object of this id, which is made first. */
  readonly iommufd?: string;
}

/** How a running QEMU takes a handle and gives it back. */
export interface QmpDevice {
  /** In this order. */
  readonly attach: readonly QmpCommand[];
  /** The device is gone with the event DEVICE_DELETED of its id, not with the answer. */
  readonly detach: readonly QmpCommand[];
}

/**
 * The commands for QEMU; null for what QEMU cannot attach. The function must be bound to VFIO, and the group of a PCI
 * function is held from `device_add` on.
 */
export function qmpDevice(held: HeldHandle, { id, bus, iommufd }: QmpOptions): QmpDevice | null {
  const source = sourceOf(held);
  if (source === null) return null;
  const plug: QmpCommand = {
    execute: 'device_add',
    arguments: {
      driver: 'vfio-pci',
      ...source,
      id,
      ...(bus === undefined ? {} : { bus }),
      ...(iommufd === undefined ? {} : { iommufd }),
    },
  };
  const unplug: QmpCommand = { execute: 'device_del', arguments: { id } };
  if (iommufd === undefined) return { attach: [plug], detach: [unplug] };
  const make: QmpCommand = { execute: 'object-add', arguments: { 'qom-type': 'iommufd', id: iommufd } };
  const drop: QmpCommand = { execute: 'object-del', arguments: { id: iommufd } };
  return { attach: [make, plug], detach: [unplug, drop] };
}

function sourceOf(held: HeldHandle): { readonly host: string } | { readonly sysfsdev: string } | null {
  if (held.type === 'PCI') return { host: held.address };
  if (held.type !== 'MDEV') return null;
  const { uuid, sysfsdev } = held.info;
  return { sysfsdev: sysfsdev ?? `/sys/bus/mdev/devices/${uuid}` };
}
