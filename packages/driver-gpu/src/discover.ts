import type { DiscoveredDevice, Health } from '@cyborgjs/core';
import {
  type DriverContext,
  describePciCard,
  type PciLink,
  scanPci,
  worseHealth,
} from '@cyborgjs/driver-sdk';
import { readAmdGpu } from './amd/amd-reading.ts';
import type { GpuConfig } from './config.ts';
import { asGpu, type GpuFunction, gpuMatches } from './gpu-function.ts';
import { type GpuOffer, offerFunctions } from './gpu-offer.ts';
import type { GpuReading } from './gpu-reading.ts';
import { readIntelGpu } from './intel/intel-reading.ts';
import { findModel } from './models.ts';
import { type NvidiaHost, readNvidiaHost } from './nvidia/nvidia-host.ts';
import { offerNvidia } from './nvidia/nvidia-offer.ts';
import { readNvidiaGpu } from './nvidia/nvidia-reading.ts';
import { gpuVendors } from './vendor.ts';
import { wantedLayout } from './wanted-layout.ts';

/** The GPUs of the machine, whoever has them at the moment. */
export async function discoverGpus(context: DriverContext<GpuConfig>): Promise<DiscoveredDevice[]> {
  const { sys, config } = context;
  const functions = await scanPci(sys, { match: gpuMatches(config) });
  const gpus = functions.flatMap((fn) => asGpu(config, fn) ?? []);
  const nvidia = await readNvidiaHost(
    context,
    gpus.map(({ fn }) => fn),
  );
  const devices: DiscoveredDevice[] = [];
  for (const gpu of gpus) devices.push(await describeGpu(context, gpu, nvidia));
  return devices;
}

async function describeGpu(
  context: DriverContext<GpuConfig>,
  gpu: GpuFunction,
  nvidia: NvidiaHost,
): Promise<DiscoveredDevice> {
  const { fn, vendor } = gpu;
  const bus = await describePciCard(context.sys, fn);
  const reading = await readGpu(context, gpu, nvidia);
  const model = findModel(vendor, fn.device);
  // Only Intel's tools and drivers show no identity of their own: the serial number on the bus is theirs.
  const identity = vendor === 'intel' ? bus.identity : reading.identity;
  const offer = await offerGpu(context, gpu, { host: nvidia, identity });
  return {
    ...bus,
    kind: 'GPU',
    model: `${gpuVendors[vendor].name} ${model?.name ?? reading.attributes.product_name ?? `GPU ${fn.device}`}`,
    identity,
    health: [reading.health, linkHealth(fn.link)].reduce(worseHealth, bus.health),
    firmware: reading.firmware,
    attributes: {
      ...bus.attributes,
      ...reading.attributes,
      ...(model?.computeCapability === undefined ? {} : { compute_capability: model.computeCapability }),
      ...(offer.reason === undefined ? {} : { not_offered: offer.reason.slice(0, 500) }),
    },
    deployables: [...offer.deployables],
  };
}

async function readGpu(
  { sys, config }: DriverContext<GpuConfig>,
  { fn, vendor }: GpuFunction,
  host: NvidiaHost,
): Promise<GpuReading> {
  if (vendor === 'nvidia') return readNvidiaGpu(sys, fn, { host, ignoredXids: config.kernelLog.ignoreXids });
  return vendor === 'amd' ? readAmdGpu(sys, fn) : readIntelGpu(sys, fn);
}

async function offerGpu(
  context: DriverContext<GpuConfig>,
  gpu: GpuFunction,
  { host, identity }: { readonly host: NvidiaHost; readonly identity: string | null },
): Promise<GpuOffer> {
  if (gpu.vendor !== 'nvidia') return offerFunctions(gpu);
  const layout = await wantedLayout(context, gpu.fn);
  return offerNvidia(context.sys, { fn: gpu.fn, uuid: identity, host, layout });
}

/** A link with fewer lanes than card and slot are made for: loose, dirty or broken. Its speed falls while it idles. */
function linkHealth(link: PciLink | undefined): Health {
  if (link?.width === undefined || link.maxWidth === undefined || link.width >= link.maxWidth)
    return { state: 'ok' };
  return { state: 'degraded', reason: `its PCIe link has ${link.width} of ${link.maxWidth} lanes` };
}
