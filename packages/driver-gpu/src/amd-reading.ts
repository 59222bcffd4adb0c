import type { Health } from '@cyborgjs/core';
import { knownFacts, type Machine, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { type GpuReading, silentReading } from './gpu-reading.ts';

/** Parts of the GPU that count their memory errors. */
const countedParts = ['umc', 'sdma', 'gfx'];

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
    health: await readErrorCounts(read),
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

/** Uncorrectable errors since the driver was loaded: `ue: 0` and `ce: 0` on two lines. */
async function readErrorCounts(read: (name: string) => Promise<string | undefined>): Promise<Health> {
  const found: string[] = [];
  for (const part of countedParts) {
    const [, count] = /^ue: (\d{1,15})$/m.exec((await read(`ras/${part}_err_count`)) ?? '') ?? [];
    if (count !== undefined && Number(count) > 0) found.push(`${count} in ${part}`);
  }
  if (found.length === 0) return { state: 'ok' };
  return { state: 'degraded', reason: `uncorrectable memory errors: ${found.join(', ')}` };
}
