import type { SimulatedFunction } from '../card.ts';

/**
 * The attribute files of a PCI function by name, as Linux writes them (Documentation/ABI/testing/sysfs-bus-pci,
 * drivers/pci/pci-sysfs.c, iov.c). Write-only ones are empty.
 *
 * @param virtual whether it is a virtual function, which shows less
 */
export function functionAttributes(spec: SimulatedFunction, virtual: boolean): Record<string, string> {
  const node = spec.numaNode ?? -1;
  return {
    ...identityAttributes(spec),
    numa_node: `${node}\n`,
    local_cpulist: `${node <= 0 ? '0-23' : `${node * 24}-${node * 24 + 23}`}\n`,
    irq: '0\n',
    enable: '1\n',
    driver_override: '(null)\n',
    msi_bus: '1\n',
    resource: resourceLines(spec),
    remove: '',
    rescan: '',
    ...linkAttributes(spec, virtual),
    ...(spec.resetMethod === null ? {} : { reset: '', reset_method: `${spec.resetMethod}\n` }),
    ...sriovAttributes(spec),
    ...spec.files,
  };
}

function identityAttributes(spec: SimulatedFunction): Record<string, string> {
  return {
    vendor: `0x${spec.vendor}\n`,
    device: `0x${spec.device}\n`,
    subsystem_vendor: `0x${spec.subsystemVendor}\n`,
    subsystem_device: `0x${spec.subsystemDevice}\n`,
    class: `0x${spec.class}\n`,
    revision: `0x${spec.revision}\n`,
    modalias: `${modaliasOf(spec)}\n`,
  };
}

function modaliasOf(spec: SimulatedFunction): string {
  const wide = (id: string): string => id.toUpperCase().padStart(8, '0');
  const [base, sub, interfaceId] = (spec.class.toUpperCase().match(/../g) ?? []) as string[];
  return (
    `pci:v${wide(spec.vendor)}d${wide(spec.device)}` +
    `sv${wide(spec.subsystemVendor)}sd${wide(spec.subsystemDevice)}bc${base}sc${sub}i${interfaceId}`
  );
}

/** The `uevent` file; `DRIVER=` is there only while the function is bound. */
export function ueventOf(spec: SimulatedFunction, driver: string | undefined): string {
  const upper = (id: string): string => id.toUpperCase();
  const lines = [
    `PCI_CLASS=${upper(spec.class.replace(/^0+(?=.)/, ''))}`,
    `PCI_ID=${upper(spec.vendor)}:${upper(spec.device)}`,
    `PCI_SUBSYS_ID=${upper(spec.subsystemVendor)}:${upper(spec.subsystemDevice)}`,
    `PCI_SLOT_NAME=${spec.address}`,
    `MODALIAS=${modaliasOf(spec)}`,
  ];
  return `${[...(driver === undefined ? [] : [`DRIVER=${driver}`]), ...lines].join('\n')}\n`;
}

function linkAttributes({ link, class: code }: SimulatedFunction, virtual: boolean): Record<string, string> {
  if (link === null && !virtual) return {};
  // An idle GPU trains its link down: nothing may read health from the current speed.
  const idles = code.startsWith('03') && link !== null;
  const speed = link?.speed ?? 'Unknown';
  const width = link?.width ?? 0;
  return {
    max_link_speed: `${speed}\n`,
    max_link_width: `${width}\n`,
    current_link_speed: `${idles ? '2.5 GT/s PCIe' : speed}\n`,
    current_link_width: `${width}\n`,
  };
}

function sriovAttributes({ sriov }: SimulatedFunction): Record<string, string> {
  if (sriov === null) return {};
  return {
    sriov_totalvfs: `${sriov.totalVfs}\n`,
    sriov_numvfs: '0\n',
    sriov_offset: `${sriov.offset}\n`,
    sriov_stride: `${sriov.stride}\n`,
    sriov_vf_device: `${sriov.vfDevice.replace(/^0+(?=.)/, '')}\n`,
    sriov_vf_total_msix: '0\n',
    sriov_drivers_autoprobe: '1\n',
  };
}

function resourceLines({ address, class: code }: SimulatedFunction): string {
  const empty = `${`0x${'0'.repeat(16)} `.repeat(3).trimEnd()}\n`;
  if (code.startsWith('0604')) return empty.repeat(17);
  const base = Number.parseInt(address.replace(/[^0-9a-f]/g, '').slice(-5), 16) * 0x1000000 + 0x20000000000;
  const hex = (value: number): string => `0x${value.toString(16).padStart(16, '0')}`;
  return `${hex(base)} ${hex(base + 0xffffff)} 0x000000000014220c\n${empty.repeat(12)}`;
}

/**
 * The configuration space as bytes in a Latin-1 string: the header, and from 0x100 the serial number capability
 * where the card has one (PCI Express Base Specification, 7.9.3). A virtual function reads 0xffff for its ids.
 */
export function configSpace(spec: SimulatedFunction, virtual: boolean): string {
  const bytes = Buffer.alloc(spec.serial === null ? 64 : 0x110);
  const id = (hex: string): number => (virtual ? 0xffff : Number.parseInt(hex, 16));
  bytes.writeUInt16LE(id(spec.vendor), 0x00);
  bytes.writeUInt16LE(id(spec.device), 0x02);
  bytes.writeUInt32LE(Number.parseInt(spec.class, 16) * 0x100 + Number.parseInt(spec.revision, 16), 0x08);
  bytes.writeUInt8(spec.class.startsWith('0604') ? 1 : 0, 0x0e);
  bytes.writeUInt16LE(Number.parseInt(spec.subsystemVendor, 16), 0x2c);
  bytes.writeUInt16LE(Number.parseInt(spec.subsystemDevice, 16), 0x2e);
  if (spec.serial !== null) {
    bytes.writeUInt32LE(0x00010003, 0x100);
    bytes.writeUInt32LE(Number.parseInt(spec.serial.slice(8), 16), 0x104);
    bytes.writeUInt32LE(Number.parseInt(spec.serial.slice(0, 8), 16), 0x108);
  }
  return bytes.toString('latin1');
}
