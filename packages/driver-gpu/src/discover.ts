import type { DiscoveredDeployable, DiscoveredDevice, PciAddress } from '@cyborgjs/core';
import { ResourceClass } from '@cyborgjs/core';
import {
  type DriverContext,
  describePciCard,
  type Machine,
  pciHandle,
  scanPci,
  worseHealth,
} from '@cyborgjs/driver-sdk';
import { readAmdGpu } from './amd-reading.ts';
import type { GpuConfig } from './config.ts';
import { asGpu, type GpuFunction, gpuMatches, handlesOf } from './gpu-function.ts';
import { type GpuReading, silentReading } from './gpu-reading.ts';
import { findModel } from './models.ts';
import type { SmiReading } from './nvidia-health.ts';
import { readNvidiaGpu, readSmi } from './nvidia-reading.ts';
import { gpuTraits } from './traits.ts';
import { gpuVendors } from './vendor.ts';

/** The GPUs of the machine, whoever has them at the moment. */
export async function discoverGpus(context: DriverContext<GpuConfig>): Promise<DiscoveredDevice[]> {
  const { sys, config } = context;
  const functions = await scanPci(sys, { match: gpuMatches(config) });
  const gpus = functions.flatMap((fn) => asGpu(config, fn) ?? []);
  const smi = await readSmi(
    context,
    gpus.map(({ fn }) => fn),
  );
  const devices: DiscoveredDevice[] = [];
  for (const gpu of gpus) devices.push(await describeGpu(sys, gpu, smi));
  return devices;
}

async function describeGpu(sys: Machine, gpu: GpuFunction, smi: SmiReading): Promise<DiscoveredDevice> {
  const { fn, vendor } = gpu;
  const bus = await describePciCard(sys, fn);
  const reading = await readGpu(sys, gpu, smi);
  const model = findModel(vendor, fn.device);
  const { handles, reason } = handlesOf(gpu);
  return {
    ...bus,
    kind: 'GPU',
    model: `${gpuVendors[vendor].name} ${model?.name ?? reading.attributes.product_name ?? `GPU ${fn.device}`}`,
    // Only Intel's tools and drivers show no identity of their own: the serial number on the bus is theirs.
    identity: vendor === 'intel' ? bus.identity : reading.identity,
    health: worseHealth(bus.health, reading.health),
    firmware: reading.firmware,
    attributes: {
      ...bus.attributes,
      ...reading.attributes,
      ...(reason === undefined ? {} : { not_offered: reason }),
    },
    deployables: handles.length === 0 ? [] : [describeDeployable(gpu, handles)],
  };
}

function readGpu(
  sys: Machine,
  { fn, vendor }: GpuFunction,
  smi: SmiReading,
): Promise<GpuReading> | GpuReading {
  if (vendor === 'nvidia') return readNvidiaGpu(sys, fn, smi);
  return vendor === 'amd' ? readAmdGpu(sys, fn) : silentReading;
}

/** A whole GPU is a `PGPU`; one that is cut into virtual functions is so many `VGPU`. */
function describeDeployable(
  { fn, vendor }: GpuFunction,
  handles: readonly PciAddress[],
): DiscoveredDeployable {
  return {
    name: fn.address,
    resourceClass: ResourceClass.parse(handles.includes(fn.address) ? 'PGPU' : 'VGPU'),
    traits: gpuTraits(vendor, fn.device, findModel(vendor, fn.device)),
    handles: handles.map(pciHandle),
  };
}
