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

/** Display heads and resolutions for which os-traits has names. */
const standardHeads: ReadonlySet<string> = new Set(['1', '2', '4', '6', '8']);
const standardResolutions: ReadonlySet<string> = new Set(
  'W1024H600 W1024H768 W1152H864 W1280H1024 W1280H720 W1280H768 W1280H800 W1360H768 W1366H768 W1440H900 W1600H1200 W1600H900 W1680H1050 W1920H1080 W1920H1200 W2560H1440 W2560H1600 W320H240 W3840H2160 W640H480 W7680H4320 W800H600'.split(
    ' ',
  ),
);

/**
 * The further traits of a vGPU: Cyborg's `CUSTOM_NVIDIA_1EB8_T4_2Q`, and what its type says of displays, where os-traits
 * has a name for it.
 */
export function vgpuTraits(
  product: string,
  short: string,
  description: Readonly<Record<string, string>>,
): Trait[] {
  const { num_heads: heads = '', max_resolution: resolution = '' } = description;
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(resolution) ?? [];
  const size = `W${width}H${height}`;
  return [
    customTrait('NVIDIA', product, short),
    ...(standardHeads.has(heads) ? [Trait.parse(`HW_GPU_MAX_DISPLAY_HEADS_${heads}`)] : []),
    ...(standardResolutions.has(size) ? [Trait.parse(`HW_GPU_RESOLUTION_${size}`)] : []),
  ];
}

/** The further traits of a GPU instance: that it is one, and its profile. */
export const migTraits = (profile: string): Trait[] => [
  customTrait('GPU_MIG'),
  customTrait('GPU_MIG_PROFILE', profile),
];

/**
 * `HW_GPU_CUDA_COMPUTE_CAPABILITY_V7_0` where os-traits has it, else the same with `CUSTOM_GPU_` in front:
 * Placement refuses names of its own kind that it does not know.
 */
export function computeCapabilityTrait(capability: string): Trait {
  const name = `CUDA_COMPUTE_CAPABILITY_V${capability.replace('.', '_')}`;
  return standardCapabilities.has(capability) ? Trait.parse(`HW_GPU_${name}`) : customTrait('GPU', name);
}
