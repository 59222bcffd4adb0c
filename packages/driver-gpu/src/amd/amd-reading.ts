import type { Health } from '@cyborgjs/core';
import { knownFacts, type Machine, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { type GpuReading, silentReading } from '../gpu-reading.ts';
import { readMemoryErrors } from './memory-errors.ts';

/**
 * What the amdgpu driver says of one GPU (Linux: Documentation/gpu/amdgpu/driver-misc.rst and ras.rst). Its identity is
 * `unique_id` alone; consumer cards have none.
 */
export async function readAmdGpu(sys: Machine, fn: PciFunction): Promise<GpuReading> {
  if (fn.driver !== 'amdgpu') return silentReading;
  const read = (name: string): Promise<string | undefined> =>
    readAttribute(sys, `${directoryOf(fn)}/${name}`);
  const bytes = Number(await read('mem_info_vram_total'));
  return {
    identity: await readAmdIdentity(sys, fn),
    health: await readMemoryHealth(read),
    firmware: knownFacts({ vbios: await read('vbios_version') }),
    attributes: knownFacts({
      product_name: await read('product_name'),
      serial: await read('serial_number'),
      memory: Number.isSafeInteger(bytes) && bytes > 0 ? `${Math.round(bytes / 2 ** 20)} MiB` : undefined,
      compute_partition: await read('current_compute_partition'),
      memory_partition: await read('current_memory_partition'),
    }),
  };
}

/** `amd-` and the 16 digits of `unique_id`; null while amdgpu does not have the GPU, or where it has none. */
export async function readAmdIdentity(sys: Machine, fn: PciFunction): Promise<string | null> {
  const id = await readAttribute(sys, `${directoryOf(fn)}/unique_id`);
  return id !== undefined && /^[0-9a-f]{16}$/.test(id) && !/^0+$/.test(id) ? `amd-${id}` : null;
}

const directoryOf = ({ address }: PciFunction): string => `/sys/bus/pci/devices/${address}`;

/**
 * Uncorrectable errors since the driver was loaded, and pages of memory that were taken out of use or wait for it
 * (`ras/gpu_vram_bad_pages`: `address : size : flag`, `R` for reserved, `P` for pending, `F` for failed).
 */
async function readMemoryHealth(read: (name: string) => Promise<string | undefined>): Promise<Health> {
  const { parts } = await readMemoryErrors(read);
  const pages = (await read('ras/gpu_vram_bad_pages')) ?? '';
  const flags = [...pages.matchAll(/^0x[0-9a-f]{1,16} : 0x[0-9a-f]{1,16} : ([RPF])$/gm)].map(
    ([, flag]) => flag,
  );
  if (flags.includes('F'))
    return { state: 'failed', reason: 'a bad memory page could not be taken out of use' };
  if (parts.length > 0)
    return { state: 'degraded', reason: `uncorrectable memory errors: ${parts.join(', ')}` };
  if (flags.includes('P'))
    return { state: 'degraded', reason: 'a bad memory page waits to be taken out of use' };
  return { state: 'ok' };
}
