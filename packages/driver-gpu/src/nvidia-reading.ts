import {
  type DriverContext,
  knownFacts,
  type Machine,
  type PciFunction,
  readAttribute,
} from '@cyborgjs/driver-sdk';
import type { GpuConfig } from './config.ts';
import { type GpuReading, silentReading } from './gpu-reading.ts';
import { nvidiaHealth, type SmiReading, smiRowOf } from './nvidia-health.ts';
import {
  asNvidiaUuid,
  type NvidiaInformation,
  nvidiaInformationPath,
  parseNvidiaInformation,
} from './nvidia-information.ts';
import { readNvidiaSmi } from './nvidia-smi.ts';

/** Name of the kernel driver for which nvidia-smi and /proc/driver/nvidia speak. */
export const nvidiaKernelDriver = 'nvidia';

/**
 * Asks nvidia-smi, once for all GPUs, and only when it has one to speak of: without any it would load the kernel
 * module just to say so.
 */
export async function readSmi(
  context: DriverContext<GpuConfig>,
  functions: readonly PciFunction[],
): Promise<SmiReading> {
  const { use, timeoutMs } = context.config.nvidiaSmi;
  if (!use || !functions.some(({ driver }) => driver === nvidiaKernelDriver)) return { kind: 'absent' };
  return readNvidiaSmi(context, { path: '/usr/bin/nvidia-smi', timeoutMs });
}

/**
 * What NVIDIA's software says of one GPU. Its UUID comes from the kernel module, or from nvidia-smi where the
 * module does not know it yet; both only while the GPU is on their driver.
 */
export async function readNvidiaGpu(sys: Machine, fn: PciFunction, smi: SmiReading): Promise<GpuReading> {
  if (fn.driver !== nvidiaKernelDriver) return silentReading;
  const information = await readNvidiaInformation(sys, fn.address);
  const row = smiRowOf(smi, fn.address)?.values ?? {};
  return {
    identity: information.uuid ?? asNvidiaUuid(row.uuid) ?? null,
    health: information.excluded ? { state: 'ok' } : nvidiaHealth(smi, fn.address),
    firmware: knownFacts({
      vbios: row.vbios_version ?? information.vbios,
      driver: row.driver_version,
    }),
    attributes: knownFacts({
      product_name: row.name ?? information.model,
      serial: row.serial,
      memory: row['memory.total'],
      mig: row['mig.mode.current'],
      excluded: information.excluded ? 'yes' : undefined,
    }),
  };
}

/** What the kernel module says of a GPU; nothing while it does not have it. */
export async function readNvidiaInformation(sys: Machine, address: string): Promise<NvidiaInformation> {
  return parseNvidiaInformation((await readAttribute(sys, nvidiaInformationPath(address))) ?? '');
}
