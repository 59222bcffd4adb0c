import { parsePciAddress } from '@cyborgjs/core';
import {
  type AttachmentInfo,
  type AttachRequest,
  attachPci,
  type DriverContext,
  DriverError,
  detachPci,
  type Machine,
  type PciFunction,
  readCardIdentity,
  readConfigSpace,
  readPciFunction,
  requireSameCard,
  requireViableGroup,
  statusPci,
} from '@cyborgjs/driver-sdk';
import { readAmdIdentity } from './amd-reading.ts';
import type { GpuConfig } from './config.ts';
import { asGpu, type GpuFunction, handlesOf } from './gpu-function.ts';
import { nvidiaKernelDriver, readNvidiaInformation } from './nvidia-reading.ts';
import { giveUnbindLockBack, isUnbindLocked, takeUnbindLock } from './unbind-lock.ts';

/** Gives a GPU out, or one of its virtual functions, if it is still the GPU that was meant. */
export async function attachGpu(
  context: DriverContext<GpuConfig>,
  request: AttachRequest,
): Promise<AttachmentInfo> {
  const { sys } = context;
  const { fn, gpu } = await requireOffered(context, request);
  requireSameCard(request, await readIdentity(sys, gpu));
  if (fn.driver !== nvidiaKernelDriver || (await statusPci(sys, request)) === 'attached')
    return attachPci(sys, request);
  await requireViableGroup(sys, fn.address);
  const isLocked = await takeUnbindLock(context, fn.address);
  // For Nova this was only to see that nobody uses it: libvirt takes it from the host when the server starts.
  if (isLocked && request.consumer.via === 'nova') await giveUnbindLockBack(context, fn.address);
  try {
    return await attachPci(sys, request);
  } catch (error) {
    await unlockIfLeft(context, fn.address).catch(() => {});
    throw error;
  }
}

/** Takes a GPU back; the host may open it again. */
export async function detachGpu(context: DriverContext<GpuConfig>, request: AttachRequest): Promise<void> {
  await detachPci(context.sys, request);
  await unlockIfLeft(context, request.handle.id);
}

/** A GPU that is still, or again, with the host's driver must be open to the host. */
async function unlockIfLeft(context: DriverContext<GpuConfig>, id: string): Promise<void> {
  const address = parsePciAddress(id);
  if (address === undefined || !(await isUnbindLocked(context, address))) return;
  await giveUnbindLockBack(context, address);
}

async function requireOffered(
  { sys, config }: DriverContext<GpuConfig>,
  { handle }: AttachRequest,
): Promise<{ readonly fn: PciFunction; readonly gpu: GpuFunction }> {
  const address = parsePciAddress(handle.id);
  const fn = address === undefined ? undefined : await readPciFunction(sys, address);
  const physical = fn?.physfn === undefined ? fn : await readPciFunction(sys, fn.physfn);
  const gpu = physical === undefined ? undefined : asGpu(config, physical);
  if (
    fn !== undefined &&
    gpu !== undefined &&
    (fn === physical || handlesOf(gpu).handles.includes(fn.address))
  )
    return { fn, gpu };
  throw new DriverError('not_found', `${JSON.stringify(handle.id)} is no GPU that is offered here`, {
    device: handle.id,
    hint: 'Discover again; the settings of the driver say which GPUs the host keeps.',
  });
}

/** The identity that discovery would give the GPU now. */
async function readIdentity(sys: Machine, { fn, vendor }: GpuFunction): Promise<string | null> {
  if (vendor === 'nvidia') return (await readNvidiaInformation(sys, fn.address)).uuid ?? null;
  if (vendor === 'amd') return readAmdIdentity(sys, fn);
  return readCardIdentity(sys, fn.address, await readConfigSpace(sys, fn.address));
}
