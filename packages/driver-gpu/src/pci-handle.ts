import { type PciAddress, parsePciAddress } from '@cyborgjs/core';
import {
  type AttachmentInfo,
  type AttachRequest,
  attachPci,
  chooseVfioDriver,
  type DriverContext,
  DriverError,
  detachPci,
  listMdevs,
  type PciFunction,
  readPciFunction,
  requireViableGroup,
  statusPci,
} from '@cyborgjs/driver-sdk';
import type { GpuConfig } from './config.ts';
import { requireUnused } from './device-users.ts';
import { type GpuFunction, handlesOf } from './gpu-function.ts';
import { nvidiaKernelDriver } from './nvidia/nvidia-host.ts';
import {
  keepPersistence,
  releasePersistence,
  requireLetGo,
  restorePersistence,
} from './nvidia/persistence.ts';
import { giveUnbindLockBack, isUnbindLocked, takeUnbindLock } from './nvidia/unbind-lock.ts';
import { deviceNodes, requireGpu } from './present-gpu.ts';

type GpuContext = DriverContext<GpuConfig>;

/** Gives a GPU out as a PCI function, whole or one of its virtual functions, if nobody on the host uses it. */
export async function attachFunction(context: GpuContext, request: AttachRequest): Promise<AttachmentInfo> {
  const { sys } = context;
  const fn = await requireFunction(context, request);
  const gpu = await requireGpu(context, request, fn.physfn ?? fn.address);
  requireHandle(gpu, fn);
  const driver = await chooseVfioDriver(sys, fn.address);
  if ((await statusPci(sys, request)) === 'attached') return attachPci(sys, request, { driver });
  await requireViableGroup(sys, fn.address);
  try {
    await requireFree(context, request, fn);
    return await attachPci(sys, request, { driver });
  } catch (error) {
    if (!context.signal.aborted) await undoFree(context, request, fn).catch(() => {});
    throw error;
  }
}

/** What failed may have been only the look at what was reached: then the host must not take the GPU again. */
async function undoFree(context: GpuContext, request: AttachRequest, fn: PciFunction): Promise<void> {
  if ((await statusPci(context.sys, request)) !== 'attached') await backToHost(context, fn.address);
}

/** Takes a function back; the host may open it again. */
export async function detachFunction(context: GpuContext, request: AttachRequest): Promise<void> {
  await detachPci(context.sys, request);
  const address = parsePciAddress(request.handle.id);
  if (address !== undefined) await backToHost(context, address);
}

async function requireFunction({ sys }: GpuContext, { handle }: AttachRequest): Promise<PciFunction> {
  const address = parsePciAddress(handle.id);
  const fn = address === undefined ? undefined : await readPciFunction(sys, address);
  if (fn !== undefined && fn.address === handle.id) return fn;
  throw notOffered(handle.id);
}

function requireHandle(gpu: GpuFunction, fn: PciFunction): void {
  if (fn.address !== gpu.fn.address && !handlesOf(gpu).handles.includes(fn.address))
    throw notOffered(fn.address);
}

function notOffered(id: string): DriverError {
  return new DriverError('not_found', `${JSON.stringify(id.slice(0, 80))} is no GPU that is offered here`, {
    device: id.slice(0, 80),
    hint: 'Discover again; the settings of the driver say which GPUs the host keeps.',
  });
}

/**
 * Nobody on the host may have it open: unbinding would wait for them without an end, and they would find it gone. Of
 * NVIDIA's GPUs the persistence daemon lets go, and the kernel module itself vouches for it.
 */
async function requireFree(context: GpuContext, { consumer }: AttachRequest, fn: PciFunction): Promise<void> {
  const { address } = fn;
  if (fn.driver !== nvidiaKernelDriver)
    return requireUnused(context.sys, address, await deviceNodes(context.sys, fn));
  const mdevs = await listMdevs(context.sys, address);
  if (mdevs.length > 0) {
    throw new DriverError('busy', `GPU ${address} has mediated devices: ${mdevs.slice(0, 4).join(', ')}`, {
      device: address,
      hint: 'Remove them first: they would go with its driver.',
    });
  }
  await releasePersistence(context, address);
  await requireLetGo(context, address, await deviceNodes(context.sys, fn));
  const isLocked = await takeUnbindLock(context, address);
  // For Nova this was only to see that nobody uses it: libvirt takes it from the host when the server starts.
  if (isLocked && consumer.via === 'nova') await giveUnbindLockBack(context, address);
}

/** A GPU that is still, or again, with the host's driver must be open to the host, and kept by its daemon. */
async function backToHost(context: GpuContext, address: PciAddress): Promise<void> {
  const driver = await context.sys.link(`/sys/bus/pci/devices/${address}/driver`);
  // In a dry run it is with no driver yet; which one takes it is the kernel's choice, as at every start of the host.
  if (context.dryRun && driver === undefined && (await isForNvidia(context, address)))
    await keepPersistence(context, address);
  if (driver !== nvidiaKernelDriver) return;
  if (await isUnbindLocked(context, address)) await giveUnbindLockBack(context, address);
  await restorePersistence(context, address);
}

async function isForNvidia({ sys }: GpuContext, address: PciAddress): Promise<boolean> {
  const fn = await readPciFunction(sys, address);
  const names = await sys.list('/sys/bus/pci/drivers');
  return fn?.vendor === '10de' && names?.includes(nvidiaKernelDriver) === true;
}
