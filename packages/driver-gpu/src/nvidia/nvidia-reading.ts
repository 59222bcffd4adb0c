import { knownFacts, type Machine, type PciFunction, readAttribute } from '@cyborgjs/driver-sdk';
import { type GpuReading, silentReading } from '../gpu-reading.ts';
import { nvidiaHealth, smiGpuOf } from './nvidia-health.ts';
import { type NvidiaHost, nvidiaKernelDriver } from './nvidia-host.ts';
import {
  asNvidiaUuid,
  type NvidiaInformation,
  nvidiaInformationPath,
  parseNvidiaInformation,
} from './nvidia-information.ts';

/**
 * What NVIDIA's software says of one GPU. Its UUID comes from the kernel module, or from nvidia-smi where the
 * module does not know it yet; both only while the GPU is on their driver.
 *
 * @param ignoredXids errors in the kernel log that the operator has looked into
 */
export async function readNvidiaGpu(
  sys: Machine,
  fn: PciFunction,
  { host, ignoredXids }: { readonly host: NvidiaHost; readonly ignoredXids: readonly number[] },
): Promise<GpuReading> {
  if (fn.driver !== nvidiaKernelDriver) return silentReading;
  const xids = host.xids.get(fn.address.slice(0, -2)) ?? [];
  const information = await readNvidiaInformation(sys, fn.address);
  const gpu = smiGpuOf(host.smi, fn.address);
  return {
    identity: information.uuid ?? asNvidiaUuid(gpu?.uuid) ?? null,
    health: information.excluded
      ? { state: 'ok' }
      : nvidiaHealth({ smi: host.smi, xids, ignoredXids }, fn.address),
    firmware: knownFacts({ vbios: gpu?.vbios ?? information.vbios, driver: gpu?.driver }),
    attributes: knownFacts({
      product_name: gpu?.name ?? information.model,
      serial: gpu?.serial,
      memory: gpu?.memory.total == null ? undefined : `${Math.round(gpu.memory.total / 2 ** 20)} MiB`,
      mig: gpu?.mig.current == null ? undefined : gpu.mig.current ? 'Enabled' : 'Disabled',
      excluded: information.excluded ? 'yes' : undefined,
    }),
  };
}

/** What the kernel module says of a GPU; nothing while it does not have it. */
export async function readNvidiaInformation(sys: Machine, address: string): Promise<NvidiaInformation> {
  return parseNvidiaInformation((await readAttribute(sys, nvidiaInformationPath(address))) ?? '');
}
