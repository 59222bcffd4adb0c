import type { GpuVendor } from './vendor.ts';

/** What the PCI ids alone say about a board. */
export interface GpuModel {
  /** Name for people, without the vendor. */
  readonly name: string;
  /** CUDA compute capability, NVIDIA only: `9.0`. */
  readonly computeCapability?: string;
  /** Memory in the gigabytes that its maker counts it in, and that names of vGPU types speak of. */
  readonly memoryGb?: number;
}

/**
 * NVIDIA boards by PCI device id (pci.ids; NVIDIA's CUDA GPU list). Ids that several boards share (`25b6` is A16
 * and A2, `1e30` is Quadro RTX 6000 and 8000) carry the name of both.
 */
const nvidiaModels: Readonly<Record<string, GpuModel>> = {
  ...family('6.0', {
    '15f7': 'Tesla P100 PCIe 12GB',
    '15f8': 'Tesla P100 PCIe 16GB',
    '15f9': 'Tesla P100 SXM2',
  }),
  ...family('6.1', { '1b38': 'Tesla P40', '1bb3': 'Tesla P4' }),
  ...family('7.0', {
    '1db1': 'Tesla V100 SXM2 16GB',
    '1db4': 'Tesla V100 PCIe 16GB',
    '1db5': 'Tesla V100 SXM2 32GB',
    '1db6': 'Tesla V100 PCIe 32GB',
    '1df6': 'Tesla V100S',
  }),
  ...family('7.5', { '1eb8': 'Tesla T4', '1e30': 'Quadro RTX 6000/8000' }),
  ...family('8.0', {
    '20b0': 'A100 SXM4 40GB',
    '20b1': 'A100 PCIe 40GB',
    '20f1': 'A100 PCIe 40GB',
    '20b2': 'A100 SXM4 80GB',
    '20b5': 'A100 PCIe 80GB',
    '20b7': 'A30',
    '20f3': 'A800 SXM4 80GB',
    '20f5': 'A800 PCIe 80GB',
  }),
  ...family('8.6', { '2235': 'A40', '2236': 'A10', '25b6': 'A16/A2' }),
  ...family('8.9', {
    '26b1': 'RTX 6000 Ada',
    '26b5': 'L40',
    '26b9': 'L40S',
    '26ba': 'L20',
    '27b6': 'L2',
    '27b8': 'L4',
  }),
  ...family('9.0', {
    '2321': 'H100 NVL',
    '2322': 'H800 PCIe',
    '2324': 'H800 SXM5',
    '2329': 'H20',
    '2330': 'H100 SXM5 80GB',
    '2331': 'H100 PCIe',
    '2335': 'H200 SXM',
    '2339': 'H100 SXM5 64GB/94GB',
    '233b': 'H200 NVL',
    '2342': 'GH200 120GB/480GB',
    '2348': 'GH200 144GB',
  }),
  ...family('10.0', { '2901': 'B200', '2920': 'B100', '2941': 'GB200', '29bc': 'B100' }),
  ...family('10.3', { '3182': 'B300' }),
  ...family('12.0', {
    '2bb1': 'RTX PRO 6000 Blackwell Workstation',
    '2bb4': 'RTX PRO 6000 Blackwell Max-Q',
    '2bb5': 'RTX PRO 6000 Blackwell Server',
  }),
};

/** AMD boards (pci.ids; the amdgpu driver's id table). */
const amdModels: Readonly<Record<string, GpuModel>> = {
  '738c': { name: 'Instinct MI100' },
  '7408': { name: 'Instinct MI250X' },
  '740f': { name: 'Instinct MI210' },
  '74a0': { name: 'Instinct MI300A' },
  '74a1': { name: 'Instinct MI300X' },
  '74a2': { name: 'Instinct MI308X' },
  '74a5': { name: 'Instinct MI325X' },
  '75a0': { name: 'Instinct MI350X' },
  '75a3': { name: 'Instinct MI355X' },
};

/** Intel boards (the i915 and xe drivers' id tables). */
const intelModels: Readonly<Record<string, GpuModel>> = {
  '0bd5': { name: 'Data Center GPU Max 1550' },
  '0bda': { name: 'Data Center GPU Max 1100' },
  '56c0': { name: 'Data Center GPU Flex 170' },
  '56c1': { name: 'Data Center GPU Flex 140' },
  e20b: { name: 'Arc B580' },
  e211: { name: 'Arc Pro B60' },
  e212: { name: 'Arc Pro B50' },
  e223: { name: 'Arc Pro B70' },
};

/** Memory of the boards that can be cut into vGPUs (NVIDIA vGPU software documentation, "Supported GPUs"). */
const vgpuMemoryGb: Readonly<Record<string, number>> = {
  '1db1': 16,
  '1db4': 16,
  '1db5': 32,
  '1db6': 32,
  '1df6': 32,
  '1eb8': 16,
  '20b0': 40,
  '20b1': 40,
  '20f1': 40,
  '20b2': 80,
  '20b5': 80,
  '20b7': 24,
  '20f3': 80,
  '20f5': 80,
  '2235': 48,
  '2236': 24,
  '25b6': 16,
  '26b1': 48,
  '26b5': 48,
  '26b9': 48,
  '26ba': 48,
  '27b6': 24,
  '27b8': 24,
  '2321': 94,
  '2330': 80,
  '2331': 80,
  '2335': 141,
  '233b': 141,
  '2901': 180,
  '2bb5': 96,
};

const models: Readonly<Record<GpuVendor, Readonly<Record<string, GpuModel>>>> = {
  nvidia: nvidiaModels,
  amd: amdModels,
  intel: intelModels,
};

/** The board behind a PCI device id (four lower-case hexadecimal digits); undefined when it is not in the table. */
export function findModel(vendor: GpuVendor, product: string): GpuModel | undefined {
  const model = Object.hasOwn(models[vendor], product) ? models[vendor][product] : undefined;
  const memoryGb = vendor === 'nvidia' ? vgpuMemoryGb[product] : undefined;
  return model === undefined || memoryGb === undefined ? model : { ...model, memoryGb };
}

function family(
  computeCapability: string,
  names: Readonly<Record<string, string>>,
): Readonly<Record<string, GpuModel>> {
  return Object.fromEntries(Object.entries(names).map(([id, name]) => [id, { name, computeCapability }]));
}
