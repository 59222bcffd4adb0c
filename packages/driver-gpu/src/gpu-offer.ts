import { type DiscoveredDeployable, type PciAddress, ResourceClass } from '@cyborgjs/core';
import { pciHandle } from '@cyborgjs/driver-sdk';
import { type GpuFunction, handlesOf } from './gpu-function.ts';
import { findModel } from './models.ts';
import { gpuTraits } from './traits.ts';

/** What is given out of a GPU; why, where that is nothing. */
export interface GpuOffer {
  readonly deployables: readonly DiscoveredDeployable[];
  readonly reason?: string;
}

/** A GPU as PCI functions: whole, or its virtual functions. */
export function offerFunctions(gpu: GpuFunction): GpuOffer {
  const { handles, reason } = handlesOf(gpu);
  return {
    deployables: handles.length === 0 ? [] : [describeFunctions(gpu, handles)],
    ...(reason === undefined ? {} : { reason }),
  };
}

/** A whole GPU is a `PGPU`; one that is cut into virtual functions is so many `VGPU`. */
function describeFunctions(
  { fn, vendor }: GpuFunction,
  handles: readonly PciAddress[],
): DiscoveredDeployable {
  return {
    name: fn.address,
    resourceClass: ResourceClass.parse(handles.includes(fn.address) ? 'PGPU' : 'VGPU'),
    traits: gpuTraits(vendor, fn.device, findModel(vendor, fn.device)),
    handles: handles.map(pciHandle),
  };
}
