import { pciAddressParts } from '@cyborgjs/core';
import type { AttachmentInfo, AttachRequest, AttachStatus } from '../driver.ts';
import { DriverError } from '../driver-error.ts';
import type { Machine } from '../machine.ts';
import { type BindOptions, bindVfio, requireViableGroup } from './bind-vfio.ts';
import { releaseVfio } from './release-vfio.ts';
import { requireFunction } from './require-function.ts';
import { statusVfio } from './vfio-binding.ts';

/**
 * Attaches a `PCI` handle, whose id is the function's address, as its consumer needs it. Direct consumers get it
 * bound to VFIO. For Nova libvirt binds it, so it is only checked, and cleaned of a half-done binding.
 */
export async function attachPci(
  sys: Machine,
  { handle, consumer }: AttachRequest,
  options: BindOptions = {},
): Promise<AttachmentInfo> {
  const address = requireFunction(handle.id);
  if (handle.type !== 'PCI') {
    throw new DriverError('unsupported', `handle ${handle.id} is of type ${handle.type}, not PCI`, {
      device: address,
    });
  }
  if (consumer.via === 'direct') await bindVfio(sys, address, options);
  else {
    await requireViableGroup(sys, address);
    if ((await statusVfio(sys, address)) === 'partial') await releaseVfio(sys, address);
  }
  return { type: 'PCI', info: { ...pciAddressParts(address) } };
}

/** Detaches a `PCI` handle: the function goes back to the host. */
export async function detachPci(sys: Machine, { handle }: Pick<AttachRequest, 'handle'>): Promise<void> {
  await releaseVfio(sys, handle.id);
}

/**
 * How a `PCI` handle is now. One prepared for Nova is `detached` until the server has it: preparing leaves no
 * trace on the machine.
 */
export function statusPci(sys: Machine, { handle }: Pick<AttachRequest, 'handle'>): Promise<AttachStatus> {
  return statusVfio(sys, handle.id);
}
