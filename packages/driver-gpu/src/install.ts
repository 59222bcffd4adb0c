import type { DiscoveredDevice, DiscoveredHandle } from '@cyborgjs/core';
import {
  type DriverContext,
  DriverError,
  type InstallRequest,
  installPci,
  readPciFunction,
  setVfCount,
  uninstallPci,
} from '@cyborgjs/driver-sdk';
import { hasPartitions, setPartitions, unpartitioned } from './amd/amd-partition.ts';
import type { GpuConfig } from './config.ts';
import { discoverGpus } from './discover.ts';
import { asGpu, type GpuFunction } from './gpu-function.ts';
import { roadOf } from './handle-road.ts';
import { type GpuLayout, parseLayout } from './layout.ts';
import { installMigLayout, type MigTarget, uninstallMigLayout } from './nvidia/mig-layout.ts';
import { nvidiaKernelDriver } from './nvidia/nvidia-host.ts';
import { disableVgpus, enableVgpus } from './nvidia/vgpu-layout.ts';
import { deviceNodes, findGpu } from './present-gpu.ts';
import { configuredLayout, rememberLayout } from './wanted-layout.ts';

type GpuContext = DriverContext<GpuConfig>;

/**
 * Cuts a card into a layout: the profile's, else the one that the settings name for it, else the one that it has. The
 * same layout again changes nothing; another one is refused while anything of the card is given out or in use.
 */
export async function installGpu(context: GpuContext, request: InstallRequest): Promise<DiscoveredDevice> {
  const device = await requireDevice(context, request);
  const gpu = await requirePresent(context, device);
  const name = request.profile ?? configuredLayout(context, gpu.fn);
  if (name === undefined) return keepLayout(context, request, device);
  const layout = parseLayout(name);
  requireMaker(gpu, layout, name);
  await reachLayout(context, { gpu, device, layout });
  if (context.dryRun) return device;
  await rememberLayout(context, gpu.fn, name);
  const installed = await requireDevice(context, request);
  return layout.kind === 'whole' ? keepLayout(context, request, installed) : requireOffer(installed);
}

/** Makes a card whole again, and gives its functions back to the host; what is in use is refused. */
export async function uninstallGpu(context: GpuContext, request: InstallRequest): Promise<void> {
  const devices = await discoverGpus(context);
  const device = findDevice(devices, request);
  const gpu = device === undefined ? undefined : await findGpu(context, device.address);
  if (device === undefined || gpu === undefined) return;
  await requireNothingGiven(context, device);
  await uninstallPci(context.sys, request, pciOnly(devices));
  await reachLayout(context, { gpu, device, layout: { kind: 'whole' } });
  if (!context.dryRun) await rememberLayout(context, gpu.fn, undefined);
}

async function requireDevice(context: GpuContext, request: InstallRequest): Promise<DiscoveredDevice> {
  const device = findDevice(await discoverGpus(context), request);
  if (device !== undefined) return device;
  const { identity, address } = request.device;
  throw new DriverError('not_found', `there is no GPU ${identity} at ${address}`, {
    device: address,
    hint: 'Discover again: it may have moved or been pulled out.',
  });
}

/** By identity; by address where that cannot be read, or had to be made up. */
function findDevice(
  devices: readonly DiscoveredDevice[],
  { device: { identity, address } }: InstallRequest,
): DiscoveredDevice | undefined {
  const isSame = (device: DiscoveredDevice): boolean =>
    device.address === address && (device.identity === null || identity.startsWith('at:'));
  return devices.find((device) => device.identity === identity) ?? devices.find(isSame);
}

async function requirePresent(context: GpuContext, { address }: DiscoveredDevice): Promise<GpuFunction> {
  const gpu = await findGpu(context, address);
  if (gpu !== undefined) return gpu;
  throw new DriverError('not_found', `the GPU at ${address} is gone`, { device: address });
}

/** Nothing is to be cut: it is only checked that what there is could go to a guest. */
async function keepLayout(
  { sys }: GpuContext,
  { device }: InstallRequest,
  found: DiscoveredDevice,
): Promise<DiscoveredDevice> {
  if (handlesOf(found).some(({ type }) => type !== 'PCI')) return requireOffer(found);
  return installPci(sys, { device, options: {} }, [found]);
}

function requireOffer(device: DiscoveredDevice): DiscoveredDevice {
  const { address, health, attributes } = device;
  if (handlesOf(device).length > 0) return device;
  throw new DriverError('hardware', `GPU ${address} has nothing to give out after it was cut`, {
    device: address,
    hint: attributes.not_offered ?? health.reason ?? 'Discover again.',
  });
}

const handlesOf = ({ deployables }: DiscoveredDevice): readonly DiscoveredHandle[] =>
  deployables.flatMap(({ handles }) => handles);

/** The devices with what of them is given out by PCI passthrough. */
function pciOnly(devices: readonly DiscoveredDevice[]): DiscoveredDevice[] {
  return devices.map((device) => ({
    ...device,
    deployables: device.deployables.filter(({ handles }) => handles.every(({ type }) => type === 'PCI')),
  }));
}

const makers: Readonly<Record<GpuLayout['kind'], readonly GpuFunction['vendor'][]>> = {
  whole: ['nvidia', 'amd', 'intel'],
  mig: ['nvidia'],
  vgpu: ['nvidia'],
  vfs: ['amd', 'intel'],
  partition: ['amd'],
};

function requireMaker({ fn, vendor }: GpuFunction, { kind }: GpuLayout, name: string): void {
  if (makers[kind].includes(vendor)) return;
  throw new DriverError('invalid', `GPU ${fn.address} cannot be cut into ${name}`, {
    device: fn.address,
    hint: `That is a layout for GPUs of ${makers[kind].join(' and ')}.`,
  });
}

interface LayoutChange {
  readonly gpu: GpuFunction;
  readonly device: DiscoveredDevice;
  readonly layout: GpuLayout;
}

async function reachLayout(context: GpuContext, { gpu, device, layout }: LayoutChange): Promise<void> {
  if (gpu.vendor === 'nvidia') return reachNvidia(context, { gpu, device, layout });
  const { fn } = gpu;
  const count = layout.kind === 'vfs' ? layout.count : 0;
  const isMisread = count === 0 && fn.virtfns.length > 0;
  if ((fn.sriov?.numVfs ?? 0) !== count || isMisread) {
    await requireNothingGiven(context, device);
    await setVfCount(context.sys, fn.address, { count, dryRun: context.dryRun });
  }
  if (gpu.vendor !== 'amd') return;
  if (layout.kind === 'partition') return setPartitions(context, fn, layout);
  if (await hasPartitions(context, fn)) await setPartitions(context, fn, unpartitioned);
}

/** A GPU is cut in one way at a time: what is left of another one goes first. */
async function reachNvidia(context: GpuContext, { gpu, device, layout }: LayoutChange): Promise<void> {
  const { fn } = gpu;
  // A driver that cannot be read for once must not pass for a GPU that is whole.
  const isWhole = layout.kind === 'whole' && device.attributes.mig !== 'Enabled' && fn.virtfns.length === 0;
  if (fn.driver !== nvidiaKernelDriver) {
    if (isWhole) return;
    await requireNothingGiven(context, device);
    throw new DriverError('unsupported', `GPU ${fn.address} is not on NVIDIA's driver, which would cut it`, {
      device: fn.address,
      hint: 'Detach it first, or bind it to nvidia.',
    });
  }
  const target: MigTarget = {
    fn,
    nodes: await deviceNodes(context.sys, fn),
    isOn: device.attributes.mig === 'Enabled',
    requireNothingGiven: () => requireNothingGiven(context, device),
  };
  if (layout.kind !== 'mig') await uninstallMigLayout(context, target);
  if (layout.kind !== 'vgpu' && fn.virtfns.length > 0) {
    await requireNothingGiven(context, device);
    await disableVgpus(context, fn);
  }
  const now = await readPciFunction(context.sys, fn.address);
  const present = now === undefined ? undefined : asGpu(context.config, now);
  if (layout.kind === 'mig') await installMigLayout(context, target, layout);
  if (layout.kind === 'vgpu' && present !== undefined) await enableVgpus(context, present.fn, layout.type);
}

/** Nothing of the card may be with a consumer while it is cut anew. */
async function requireNothingGiven(context: GpuContext, device: DiscoveredDevice): Promise<void> {
  for (const { id, type } of handlesOf(device)) {
    const request = {
      device: { identity: device.identity ?? `at:${device.address}`, address: device.address },
      handle: { id, type },
      consumer: { type: 'host', id: 'none', via: 'direct' } as const,
      options: {},
    };
    if ((await roadOf(request).status(context, request)) !== 'attached') continue;
    throw new DriverError('in_use', `${id} is given out`, {
      device: device.address,
      hint: 'Detach it first.',
    });
  }
}
