import { parsePciAddress } from '@cyborgjs/core';
import {
  type AttachmentInfo,
  type AttachRequest,
  type AttachStatus,
  createMdev,
  type DriverContext,
  DriverError,
  isDriverError,
  type Machine,
  type PciFunction,
  readMdev,
  removeMdev,
} from '@cyborgjs/driver-sdk';
import { readCreatable, readCurrentType, type VgpuOffer } from './vgpu-offer.ts';
import { isVgpuTypeNamed } from './vgpu-type.ts';

/** A vGPU that is asked for: its GPU, and all that the GPU offers; undefined for what is offered no more. */
export interface WantedVgpu {
  readonly fn: PciFunction;
  readonly offer: VgpuOffer;
}

type VgpuContext = Pick<DriverContext, 'sys' | 'dryRun'>;

/** Whether a handle's id is a mediated device's; otherwise it is a virtual function's address. */
const isUuid = (id: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);

/** Makes a vGPU of the type that its GPU is for, and says how a guest gets it. */
export async function attachVgpu(
  { sys, dryRun }: VgpuContext,
  { handle }: AttachRequest,
  wanted: WantedVgpu | undefined,
): Promise<AttachmentInfo> {
  const offered = wanted?.offer.handles.find(({ id }) => id === handle.id);
  if (wanted === undefined || offered === undefined) {
    throw new DriverError(
      'not_found',
      `${JSON.stringify(handle.id.slice(0, 80))} is no vGPU that is offered here`,
      {
        hint: 'Discover again; the layout of its GPU may have changed.',
      },
    );
  }
  const { type } = wanted.offer;
  if (wanted.offer.by === 'vendor-vfio') await makeVendorVgpu(sys, handle.id, wanted);
  else
    await createMdev(
      sys,
      { uuid: handle.id, parent: offered.info.parent ?? wanted.fn.address, type: type.name },
      { dryRun },
    );
  return { type: 'MDEV', info: { ...offered.info } };
}

/** Removes a vGPU; one that is not there is done, and that is looked at in two ways. */
export async function detachVgpu({ sys, dryRun }: VgpuContext, { handle }: AttachRequest): Promise<void> {
  if (isUuid(handle.id)) return removeMdev(sys, handle.id, { dryRun });
  if (!(await isMade(sys, handle.id))) return;
  await writeType(sys, handle.id, '0');
  if (!(await isMade(sys, handle.id))) return;
  throw new DriverError('hardware', `the vGPU ${handle.id} is still there`, { device: handle.id });
}

/** Whether a virtual function is a vGPU now; one that is gone is none. */
async function isMade(sys: Machine, virtfn: string): Promise<boolean> {
  if (parsePciAddress(virtfn) === undefined) return false;
  const directory = `/sys/bus/pci/devices/${virtfn}/nvidia`;
  const names = (await sys.list(directory)) ?? [];
  const type = (await sys.read(`${directory}/current_vgpu_type`))?.trim();
  if (type === undefined && names.includes('current_vgpu_type')) {
    throw new DriverError('hardware', `it cannot be read whether ${virtfn} is a vGPU`, { device: virtfn });
  }
  return type !== undefined && type !== '0';
}

/**
 * `attached` while there is a vGPU of its type; one of another type or parent is `partial`.
 *
 * @param findWanted what its GPU offers; asked only where that decides
 */
export async function statusVgpu(
  { sys }: Pick<VgpuContext, 'sys'>,
  { handle }: Pick<AttachRequest, 'handle'>,
  findWanted: () => Promise<WantedVgpu | undefined>,
): Promise<AttachStatus> {
  if (!isUuid(handle.id)) {
    const type = await readCurrentType(sys, handle.id);
    return type === undefined || type === '0' ? 'detached' : 'attached';
  }
  const made = await readMdev(sys, handle.id);
  if (made === undefined) return 'detached';
  const wanted = await findWanted();
  const info = wanted?.offer.handles.find(({ id }) => id === handle.id)?.info;
  return made.hasNode && info?.parent === made.parent && info.asked_type === made.type
    ? 'attached'
    : 'partial';
}

async function makeVendorVgpu(sys: Machine, virtfn: string, { fn, offer }: WantedVgpu): Promise<void> {
  const now = await readCurrentType(sys, virtfn);
  if (now !== undefined && now !== '0') return requireType(sys, virtfn, { fn, offer });
  const creatable = await readCreatable(sys, virtfn);
  const type = creatable.find(({ name }) => isVgpuTypeNamed(name, offer.type.short));
  if (now === undefined || type === undefined) {
    const left = creatable.map(({ name }) => name).join(', ') || 'none';
    throw new DriverError('busy', `no vGPU ${offer.type.short} can be made of ${virtfn}`, {
      device: virtfn,
      hint: `It could be one of: ${left}. All vGPUs of a GPU are of one type, and share its memory.`,
    });
  }
  await writeType(sys, virtfn, type.id);
  if ((await readCurrentType(sys, virtfn)) === type.id) return;
  throw new DriverError('hardware', `the vGPU ${offer.type.short} of ${virtfn} did not come up`, {
    device: virtfn,
  });
}

/** What is there must not be of a type that is known to be another one. */
async function requireType(sys: Machine, virtfn: string, { fn, offer }: WantedVgpu): Promise<void> {
  const now = await readCurrentType(sys, virtfn);
  for (const other of fn.virtfns) {
    const known = (await readCreatable(sys, other)).find(({ id }) => id === now);
    if (known === undefined) continue;
    if (isVgpuTypeNamed(known.name, offer.type.short)) return;
    throw new DriverError('conflict', `${virtfn} is a vGPU ${known.name}, not ${offer.type.short}`, {
      device: virtfn,
      hint: `Remove it: write 0 to /sys/bus/pci/devices/${virtfn}/nvidia/current_vgpu_type.`,
    });
  }
}

async function writeType(sys: Machine, virtfn: string, type: string): Promise<void> {
  try {
    await sys.write(`/sys/bus/pci/devices/${virtfn}/nvidia/current_vgpu_type`, type);
  } catch (cause) {
    // The kernel has no better word for a guest that still has it.
    if (!isDriverError(cause) || !/EPERM/.test(`${(cause.cause as { code?: string } | undefined)?.code}`))
      throw cause;
    throw new DriverError('busy', `the vGPU of ${virtfn} is in use by a guest`, {
      device: virtfn,
      hint: 'Stop the server that has it.',
      cause,
    });
  }
}
