import { customTrait, Trait } from '@cyborgjs/core';
import type { GpuModel } from './models.ts';
import { type GpuVendor, gpuVendors } from './vendor.ts';

/** The capabilities for which os-traits has a name; it stopped at Volta. */
const standardCapabilities: ReadonlySet<string> = new Set(
  '1.0 1.1 1.2 1.3 2.0 2.1 3.0 3.2 3.5 3.7 5.0 5.2 5.3 6.0 6.1 6.2 7.0 7.1 7.2'.split(' '),
);

/**
 * The traits of a GPU. All follow from its PCI ids alone, so they stay the same whichever kernel driver holds it:
 * `OWNER_CYBORG`, Cyborg's own `CUSTOM_NVIDIA_2335`, the maker, the model, and the CUDA compute capability.
 */
export function gpuTraits(vendor: GpuVendor, product: string, model: GpuModel | undefined): Trait[] {
  const maker = gpuVendors[vendor].name;
  return [
    Trait.parse('OWNER_CYBORG'),
    customTrait(maker, product),
    customTrait('GPU', maker),
    ...(model === undefined ? [] : [customTrait('GPU_MODEL', maker, model.name)]),
    ...(model?.computeCapability === undefined ? [] : [computeCapabilityTrait(model.computeCapability)]),
  ];
}

/**
 * `HW_GPU_CUDA_COMPUTE_CAPABILITY_V7_0` where os-traits has it, else the same with `CUSTOM_GPU_` in front:
 * Placement refuses names of its own kind that it does not know.
 */
export function computeCapabilityTrait(capability: string): Trait {
  const name = `CUDA_COMPUTE_CAPABILITY_V${capability.replace('.', '_')}`;
  return standardCapabilities.has(capability) ? Trait.parse(`HW_GPU_${name}`) : customTrait('GPU', name);
}
