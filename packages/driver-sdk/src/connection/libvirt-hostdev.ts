import { pciAddressParts } from '@cyborgjs/core';
import type { HeldHandle } from './held-handle.ts';

/**
 * The `hostdev` element for a libvirt domain (https://libvirt.org/formatdomain.html), for `virsh attach-device` and
 * `detach-device` alike; null for what libvirt cannot attach. `managed` says whether libvirt binds the function to
 * VFIO and back: not where that is done already, and never for functions that the vendor's driver must keep.
 */
export function libvirtHostdev(held: HeldHandle): string | null {
  if (held.type === 'PCI') return pciHostdev(held, held.info.managed);
  if (held.type !== 'MDEV') return null;
  const { uuid } = held.info;
  if (uuid === undefined) return pciHostdev(held, 'no');
  return element("type='mdev' managed='no' model='vfio-pci'", `<address uuid='${uuid}'/>`);
}

function pciHostdev(
  { address }: Extract<HeldHandle, { type: 'PCI' | 'MDEV' }>,
  managed: 'yes' | 'no',
): string {
  const { domain, bus, device, function: fn } = pciAddressParts(address);
  const place = `<address domain='0x${domain}' bus='0x${bus}' slot='0x${device}' function='0x${fn}'/>`;
  return element(`type='pci' managed='${managed}'`, place);
}

const element = (attributes: string, address: string): string =>
  `<hostdev mode='subsystem' ${attributes}>\n  <source>\n    ${address}\n  </source>\n</hostdev>\n`;
