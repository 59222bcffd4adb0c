import type { PciAddress } from '@cyborgjs/core';

/** A PCI Express link as it is trained now and as it could be. */
export interface PciLink {
  /** Giga-transfers per second. Falls while a card idles: no sign of ill health without load. */
  readonly speed: number | undefined;
  readonly maxSpeed: number | undefined;
  /** Lanes. */
  readonly width: number | undefined;
  readonly maxWidth: number | undefined;
}

/** One function on the PCI bus as sysfs shows it. Ids are lower-case hexadecimal digits without `0x`. */
export interface PciFunction {
  readonly address: PciAddress;
  readonly vendor: string;
  readonly device: string;
  /** `0000` where there is none, as for bridges and many virtual functions. */
  readonly subsystemVendor: string;
  readonly subsystemDevice: string;
  /** Base class, subclass, programming interface: `030200`. */
  readonly class: string;
  readonly revision: string | undefined;
  /** Name of the kernel driver that has it; undefined when it is unbound. */
  readonly driver: string | undefined;
  /** Null when the platform does not say. */
  readonly numaNode: number | null;
  /** Undefined when the IOMMU is off or does not cover it. Numbers are used again: no identity. */
  readonly iommuGroup: number | undefined;
  /** The function that this is a virtual one of. */
  readonly physfn: PciAddress | undefined;
  /** Its virtual functions, in their order. */
  readonly virtfns: readonly PciAddress[];
  /** Present when it is a physical function with the SR-IOV capability. */
  readonly sriov: { readonly totalVfs: number; readonly numVfs: number } | undefined;
  /** Undefined for virtual functions and without a PCI Express link. */
  readonly link: PciLink | undefined;
  /** The bridge above it; undefined on a root bus. */
  readonly parent: PciAddress | undefined;
}
