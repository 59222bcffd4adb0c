import { pciAddressParts } from '@cyborgjs/core';
import type { AttachmentInfo, AttachRequest, AttachStatus } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { type BindOptions, bindCompanions, bindVfio, requireViableGroup } from './bind-vfio.ts';
import { releaseVfio } from './release-vfio.ts';
import { requireFunction } from './require-function.ts';
import { slotCompanions } from './slot-companions.ts';
import { functionPath, isVfioDriver } from './sysfs-paths.ts';
import { bindingStatus, readVfioBinding, statusVfio } from './vfio-binding.ts';

export interface AttachOptions extends BindOptions {
  /** False binds the function to VFIO for Nova too: libvirt leaves one that is there already. Default true. */
  readonly managed?: boolean;
}

/**
 * Attaches a `PCI` handle, whose id is the function's address, as its consumer needs it.
 *
 * Direct consumers get it bound to VFIO, and are told its group (`PciInfo` of the connection information). For Nova, libvirt does that when the server starts (`managed='yes'`) and
 * undoes it when it stops, so the function stays with the host's driver and is only set aside for VFIO by its
 * `driver_override`: the next binding, libvirt's or any, can only be to VFIO. That is also what shows on the
 * machine that it is attached. What belongs to it in its slot is not known to libvirt, and is bound to VFIO at once.
 */
export async function attachPci(
  sys: Machine,
  { handle, consumer }: AttachRequest,
  options: AttachOptions = {},
): Promise<AttachmentInfo> {
  const address = requireFunction(handle.id);
  if (handle.type !== 'PCI') {
    throw new DriverError('unsupported', `handle ${handle.id} is of type ${handle.type}, not PCI`, {
      device: address,
    });
  }
  const parts = { ...pciAddressParts(address) };
  if (consumer.via === 'nova' && options.managed !== false) {
    await setAside(sys, address, options.driver ?? 'vfio-pci');
    return { type: 'PCI', info: parts };
  }
  const { group, device } = await bindVfio(sys, address, options);
  const info = { ...parts, managed: 'no', iommu_group: `${group}` };
  return { type: 'PCI', info: device === undefined ? info : { ...info, vfio_device: device } };
}

async function setAside(sys: Machine, address: string, driver: string): Promise<void> {
  await requireViableGroup(sys, address);
  if (isVfioDriver((await readVfioBinding(sys, address))?.driver)) {
    // Libvirt has it already, unless it is the rest of something half done.
    if ((await statusVfio(sys, address)) === 'attached') return;
    await releaseVfio(sys, address);
  }
  await bindCompanions(sys, address);
  if (isVfioDriver((await readVfioBinding(sys, address))?.override)) return;
  await sys.write(`${functionPath(address)}/driver_override`, driver);
  const after = await readVfioBinding(sys, address);
  if (after?.override === driver) return;
  throw new DriverError(
    'hardware',
    `${address} was not set aside: its override is ${after?.override ?? 'none'}`,
    { device: address },
  );
}

/** Detaches a `PCI` handle: the function goes back to the host, from whatever state it is in. */
export async function detachPci(sys: Machine, { handle }: Pick<AttachRequest, 'handle'>): Promise<void> {
  await releaseVfio(sys, handle.id);
}

/**
 * How a `PCI` handle is now. For Nova it is attached while it is set aside, whether a server has it at the moment
 * or the host's driver; a server that stops clears that (libvirt does), and it reads `detached` until attached
 * again, which costs nothing. What belongs to it in its slot must be bound all the same, else it is `partial`.
 */
export async function statusPci(
  sys: Machine,
  { handle, consumer }: Pick<AttachRequest, 'handle' | 'consumer'>,
): Promise<AttachStatus> {
  const status = await statusVfio(sys, handle.id);
  if (status !== 'partial' || consumer.via === 'direct') return status;
  const binding = await readVfioBinding(sys, handle.id);
  if (!isVfioDriver(binding?.override) || isVfioDriver(binding?.driver)) return 'partial';
  for (const companion of await slotCompanions(sys, handle.id))
    if (bindingStatus(await readVfioBinding(sys, companion)) !== 'attached') return 'partial';
  return 'attached';
}
