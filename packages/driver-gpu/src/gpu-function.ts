import type { PciAddress } from '@cyborgjs/core';
import { compilePciMatch, type PciFunction, type PciMatch } from '@cyborgjs/driver-sdk';
import type { GpuConfig } from './config.ts';
import { type GpuVendor, gpuVendorOf, gpuVendors } from './vendor.ts';

/** A GPU by its physical function. */
export interface GpuFunction {
  readonly fn: PciFunction;
  readonly vendor: GpuVendor;
}

/** What to look for on the bus. */
export function gpuMatches({ vendors }: GpuConfig): PciMatch[] {
  return vendors.map((vendor) => ({ vendor: gpuVendors[vendor].id, class: gpuVendors[vendor].classes }));
}

/** A function as a GPU that the settings allow; undefined when it is none. A virtual function is no GPU of its own. */
export function asGpu(config: GpuConfig, fn: PciFunction): GpuFunction | undefined {
  const vendor = gpuVendorOf(fn);
  if (vendor === undefined || !config.vendors.includes(vendor) || fn.physfn !== undefined) return undefined;
  const isKept = config.except.length > 0 && compilePciMatch({ address: config.except })(fn);
  return isKept ? undefined : { fn, vendor };
}

/** The functions of a GPU that are given out, or why none is. */
interface GpuHandles {
  readonly handles: readonly PciAddress[];
  readonly reason?: string;
}

/**
 * A GPU is given out whole, or as its virtual functions once it has some: then it could not be bound to VFIO
 * itself. NVIDIA's virtual functions stay with NVIDIA's driver, so PCI passthrough cannot give them out.
 */
export function handlesOf({ fn, vendor }: GpuFunction): GpuHandles {
  const count = Math.max(fn.virtfns.length, fn.sriov?.numVfs ?? 0);
  if (count === 0) return { handles: [fn.address] };
  if (vendor === 'nvidia')
    return { handles: [], reason: `it has ${count} virtual functions, which are for NVIDIA vGPU` };
  if (fn.virtfns.length > 0) return { handles: fn.virtfns };
  return { handles: [], reason: `it has ${count} virtual functions, and they cannot be read now` };
}
