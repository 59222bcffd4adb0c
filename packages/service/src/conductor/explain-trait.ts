/**
 * What a trait tells about a deployable, from the most general to the most particular. `owner` says who wrote the
 * provider and nothing of the hardware.
 */
export type TraitKind =
  | 'maker'
  | 'size'
  | 'network'
  | 'capability'
  | 'hotplug'
  | 'model'
  | 'function'
  | 'product'
  | 'other'
  | 'owner';

/** A trait as people read it. */
export interface ExplainedTrait {
  readonly kind: TraitKind;
  readonly meaning: string;
  /** What the trait adds to the name of a flavor, `cuda-9-0`; lower-case letters, digits and hyphens. */
  readonly word: string;
}

interface Pattern {
  readonly pattern: RegExp;
  readonly kind: TraitKind;
  /** Of what the pattern's group found. */
  readonly meaning: (found: string) => string;
  readonly word?: (found: string) => string;
}

/** Makers of accelerators by PCI vendor id (pci.ids). */
const makers: Readonly<Record<string, string>> = {
  '1002': 'AMD',
  '10DE': 'NVIDIA',
  '10EE': 'Xilinx',
  '15B3': 'Mellanox',
  '19E5': 'Huawei',
  '1D0F': 'Amazon',
  '8086': 'Intel',
};

const spelling: Readonly<Record<string, string>> = { INTEL: 'Intel', XILINX: 'Xilinx' };

/** Names by Cyborg, by our drivers, by os-traits (`HW_GPU_*`) and by Neutron (`CUSTOM_PHYSNET_*`). */
const patterns: readonly Pattern[] = [
  {
    pattern: /^(OWNER_CYBORG)$/,
    kind: 'owner',
    meaning: () => 'This service wrote the provider; says nothing of the hardware.',
  },
  {
    pattern: /^CUSTOM_ACCEL_(HOTPLUG)$/,
    kind: 'hotplug',
    meaning: () => 'It can be added to, and taken from, a server that runs.',
  },
  {
    pattern: /^CUSTOM_GPU_(NVIDIA|AMD|INTEL)$/,
    kind: 'maker',
    meaning: (maker) => `A GPU made by ${spelling[maker] ?? maker}.`,
  },
  {
    pattern: /^CUSTOM_FPGA_(INTEL|XILINX)$/,
    kind: 'maker',
    meaning: (maker) => `An FPGA made by ${spelling[maker] ?? maker}.`,
  },
  {
    pattern: /^CUSTOM_PCI_([0-9A-F]{4})$/,
    kind: 'maker',
    meaning: (id) => `A card made by ${makers[id] ?? `the holder of PCI vendor id ${id.toLowerCase()}`}.`,
    word: (id) => makers[id] ?? id,
  },
  {
    pattern: /^CUSTOM_GPU_MIG_PROFILE_(\w+)$/,
    kind: 'size',
    meaning: (profile) => `A slice of an NVIDIA GPU (MIG), of the size ${profile}.`,
  },
  {
    pattern: /^CUSTOM_NVIDIA_[0-9A-F]{4}_(\w+)$/,
    kind: 'size',
    meaning: (type) => `A virtual GPU of NVIDIA of the type ${type}; the type settles its memory.`,
  },
  {
    pattern: /^CUSTOM_(?:GPU_)?(MIG)$/,
    kind: 'other',
    meaning: () => 'A slice of an NVIDIA GPU (MIG), not a whole card.',
  },
  {
    pattern: /^CUSTOM_PHYSNET_(\w+)$/,
    kind: 'network',
    meaning: (network) => `Wired to the physical network ${network} of Neutron.`,
  },
  {
    pattern: /^(?:HW_GPU|CUSTOM_GPU)_CUDA_COMPUTE_CAPABILITY_V(\d+_\d+)$/,
    kind: 'capability',
    meaning: (version) => `Runs programs built for CUDA compute capability ${version.replace('_', '.')}.`,
    word: (version) => `cuda-${version}`,
  },
  {
    pattern: /^HW_GPU_(?:RESOLUTION|MAX_DISPLAY_HEADS)_(\w+)$/,
    kind: 'other',
    meaning: (value) => `Display of the virtual GPU: ${value}.`,
  },
  {
    pattern: /^CUSTOM_GPU_MODEL_(\w+)$/,
    kind: 'model',
    meaning: (model) => `Exactly this model: ${model.replaceAll('_', ' ')}.`,
  },
  {
    pattern: /^CUSTOM_FPGA_INTEL_(\w+)$/,
    kind: 'model',
    meaning: (board) => `Exactly this board of Intel: ${board.replaceAll('_', ' ')}.`,
  },
  {
    pattern: /^CUSTOM_FPGA_FUNCTION_ID_(?:INTEL|XILINX)_(\w+)$/,
    kind: 'function',
    meaning: (id) => `Programmed with the function ${id.toLowerCase()} now; another image changes that.`,
    word: (id) => `function-${id.slice(0, 8)}`,
  },
  {
    pattern: /^CUSTOM_FPGA_REGION_(?:INTEL|XILINX)_(\w+)$/,
    kind: 'product',
    meaning: (id) => `Takes images built for the interface ${id.toLowerCase()}.`,
    word: (id) => `region-${id.slice(0, 8)}`,
  },
  {
    pattern: /^CUSTOM_(?:NVIDIA|AMD|INTEL)_([0-9A-F]{4})$/,
    kind: 'product',
    meaning: (id) => `Exactly the card with PCI product id ${id.toLowerCase()}.`,
  },
  {
    pattern: /^CUSTOM_(?:PCI|FPGA)_PRODUCT_ID_([0-9A-F]{4})$/,
    kind: 'product',
    meaning: (id) => `Exactly the card with PCI product id ${id.toLowerCase()}.`,
  },
];

/** Explains a trait by its name. One that is nobody's we know is `other`: its driver's manual says what it means. */
export function explainTrait(trait: string): ExplainedTrait {
  for (const { pattern, kind, meaning, word } of patterns) {
    const found = pattern.exec(trait)?.[1];
    if (found !== undefined)
      return { kind, meaning: meaning(found), word: flavorWord((word ?? String)(found)) };
  }
  return {
    kind: 'other',
    meaning: 'A trait of the driver that reports it; its manual says what it means.',
    word: flavorWord(trait.replace(/^CUSTOM_/, '')),
  };
}

/** A text as part of a name: lower-case letters, digits and single hyphens. */
export function flavorWord(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
}
