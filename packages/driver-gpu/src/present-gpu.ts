import { parsePciAddress } from '@cyborgjs/core';
import {
  type AttachRequest,
  type DriverContext,
  DriverError,
  listAttributes,
  type Machine,
  type PciFunction,
  readCardIdentity,
  readConfigSpace,
  readPciFunction,
  requireSameCard,
} from '@cyborgjs/driver-sdk';
import { readAmdIdentity } from './amd/amd-reading.ts';
import type { GpuConfig } from './config.ts';
import { asGpu, type GpuFunction } from './gpu-function.ts';
import { nvidiaKernelDriver } from './nvidia/nvidia-host.ts';
import { readNvidiaInformation } from './nvidia/nvidia-reading.ts';

/** The GPU at an address, as the settings allow it; undefined when there is none. */
export async function findGpu(
  { sys, config }: DriverContext<GpuConfig>,
  address: string,
): Promise<GpuFunction | undefined> {
  const parsed = parsePciAddress(address);
  const fn = parsed === undefined ? undefined : await readPciFunction(sys, parsed);
  return fn === undefined ? undefined : asGpu(config, fn);
}

/**
 * The GPU at an address, if it is still the one that a request means.
 *
 * @throws `not_found`
 */
export async function requireGpu(
  context: DriverContext<GpuConfig>,
  request: AttachRequest,
  address: string = request.device.address,
): Promise<GpuFunction> {
  const gpu = await findGpu(context, address);
  if (gpu === undefined) {
    throw new DriverError(
      'not_found',
      `there is no GPU at ${JSON.stringify(address.slice(0, 80))} that is offered here`,
      {
        device: address.slice(0, 80),
        hint: 'Discover again; the settings of the driver say which GPUs the host keeps.',
      },
    );
  }
  requireSameCard(request, await readIdentity(context.sys, gpu));
  return gpu;
}

/** The identity that discovery would give the GPU now. */
async function readIdentity(sys: Machine, { fn, vendor }: GpuFunction): Promise<string | null> {
  if (vendor === 'nvidia') return (await readNvidiaInformation(sys, fn.address)).uuid ?? null;
  if (vendor === 'amd') return readAmdIdentity(sys, fn);
  return readCardIdentity(sys, fn.address, await readConfigSpace(sys, fn.address));
}

/** Last segments of the device nodes by which processes of the host use a GPU: `nvidia0`, `renderD128`. */
export async function deviceNodes(sys: Machine, fn: PciFunction): Promise<string[]> {
  const drm = await listAttributes(sys, `/sys/bus/pci/devices/${fn.address}/drm`);
  const nodes = drm.filter((name) => /^(card|renderD)\d{1,4}$/.test(name));
  if (fn.driver !== nvidiaKernelDriver) return nodes;
  const { minor } = await readNvidiaInformation(sys, fn.address);
  return minor === undefined ? nodes : [`nvidia${minor}`, ...nodes];
}
