/** The makers whose GPUs this driver knows. */
export type GpuVendor = 'nvidia' | 'amd' | 'intel';

interface VendorFacts {
  /** PCI vendor id, four lower-case hexadecimal digits. */
  readonly id: string;
  /** Name for people. */
  readonly name: string;
  /**
   * PCI base and sub classes of its GPUs: VGA `0300`, 3D `0302`, other display `0380`, processing accelerator
   * `1200`. Intel's `1200` are FPGAs and neural processors.
   */
  readonly classes: readonly string[];
}

/**
 * A class alone does not make a GPU: management controllers (Matrox `102b`, ASPEED `1a03`) show a VGA function
 * too. NVSwitches are NVIDIA's but of class `0680`.
 */
export const gpuVendors: Readonly<Record<GpuVendor, VendorFacts>> = {
  nvidia: { id: '10de', name: 'NVIDIA', classes: ['0300', '0302', '0380', '1200'] },
  amd: { id: '1002', name: 'AMD', classes: ['0300', '0302', '0380', '1200'] },
  intel: { id: '8086', name: 'Intel', classes: ['0300', '0302', '0380'] },
};

/**
 * The maker of a GPU by its PCI vendor id and class (six hexadecimal digits); undefined when the function is no GPU.
 */
export function gpuVendorOf(ids: { readonly vendor: string; readonly class: string }): GpuVendor | undefined {
  const subClass = ids.class.slice(0, 4);
  return (Object.keys(gpuVendors) as GpuVendor[]).find(
    (vendor) => gpuVendors[vendor].id === ids.vendor && gpuVendors[vendor].classes.includes(subClass),
  );
}
