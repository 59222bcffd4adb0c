import {
  type AttachmentInfo,
  type AttachRequest,
  type AttachStatus,
  type DriverContext,
  DriverError,
  isDriverError,
  type Machine,
  readAttribute,
} from '@cyborgjs/driver-sdk';
import { findDeviceUsers, requireUnused, usedBy } from '../device-users.ts';
import type { MigInstance } from './mig-profile.ts';
import { createCompute, destroyCompute, listMigInstances } from './mig-tool.ts';
import {
  type NvidiaInformation,
  nvidiaInformationPath,
  parseNvidiaInformation,
} from './nvidia-information.ts';

/**
 * A GPU instance as a handle. Its id is a CDI name of the GPU, the profile and the place, which stay the same when the
 * card is cut anew after a reboot: `nvidia.com/mig=GPU-…:1g.18gb:0`.
 */
export interface MigSlice {
  readonly gpu: string;
  readonly profile: string;
  readonly start: number;
}

const kind = 'nvidia.com/mig';

/** The id of a GPU instance as a handle; a `+` of its profile is a `.` there, as CDI wants it. */
export const migSliceId = ({ gpu, profile, start }: MigSlice): string =>
  `${kind}=${gpu}:${profile.replace('+', '.')}:${start}`;

/** The GPU instance that a handle's id names; undefined when it names none. */
export function parseMigSlice(id: string): MigSlice | undefined {
  const [, gpu, slices, extra, start] =
    /^nvidia\.com\/mig=(GPU-[0-9a-f-]{36}):(\dg\.\d{1,3}gb)(?:\.([a-z.]{2,6}))?:(\d{1,2})$/.exec(id) ?? [];
  if (gpu === undefined || slices === undefined) return undefined;
  return { gpu, profile: extra === undefined ? slices : `${slices}+${extra}`, start: Number(start) };
}

type SliceContext = Pick<DriverContext, 'sys' | 'signal' | 'dryRun'>;

/** Where a GPU instance is now. */
interface PresentSlice {
  readonly slice: MigSlice;
  readonly address: string;
  /** Number of its GPU's device node. */
  readonly minor: number;
  readonly instance: MigInstance;
  /** Numbers of its compute instances. */
  readonly computes: readonly number[];
}

/**
 * Gives a GPU instance out by making the compute instance in it, without which nobody can use it; that is also what
 * shows on the machine that it is given out.
 */
export async function attachMigSlice(context: SliceContext, request: AttachRequest): Promise<AttachmentInfo> {
  let present = await requireSlice(context, request);
  if (present.computes.length === 0) {
    await requireUnused(context.sys, present.address, [await nodeAt(context.sys, present, 'access')]);
    await createCompute(context, present.address, present.instance.id);
    if (context.dryRun) return describeSlice(context.sys, present);
    present = await requireSlice(context, request);
  }
  const [compute] = present.computes;
  if (compute === undefined) {
    throw new DriverError('hardware', `GPU instance ${present.instance.id} got no compute instance`, {
      device: present.address,
    });
  }
  return describeSlice(context.sys, present, compute);
}

/** Takes a GPU instance back by removing what computes in it; one that is gone is done. */
export async function detachMigSlice(
  context: SliceContext,
  { handle, device }: AttachRequest,
): Promise<void> {
  const slice = parseMigSlice(handle.id);
  const present = slice === undefined ? undefined : await findSlice(context, slice, device.address);
  if (present === undefined) return;
  const { address, instance, computes } = present;
  for (const compute of computes) {
    try {
      await destroyCompute(context, address, { instance: instance.id, compute });
    } catch (error) {
      throw isDriverError(error) && error.code === 'busy' ? await nameUsers(context, present, error) : error;
    }
  }
  if (context.dryRun) return;
  const after = slice === undefined ? undefined : await findSlice(context, slice, address);
  if (after === undefined || after.computes.length === 0) return;
  throw new DriverError('hardware', `GPU instance ${instance.id} still has a compute instance`, {
    device: address,
  });
}

/** `attached` while there is a compute instance in it. */
export async function statusMigSlice(
  context: SliceContext,
  { handle, device }: Pick<AttachRequest, 'handle' | 'device'>,
): Promise<AttachStatus> {
  const slice = parseMigSlice(handle.id);
  const present = slice === undefined ? undefined : await findSlice(context, slice, device.address);
  return present !== undefined && present.computes.length > 0 ? 'attached' : 'detached';
}

async function requireSlice(context: SliceContext, { handle, device }: AttachRequest): Promise<PresentSlice> {
  const slice = parseMigSlice(handle.id);
  const present = slice === undefined ? undefined : await findSlice(context, slice, device.address);
  if (present !== undefined) return present;
  throw new DriverError('not_found', `there is no GPU instance ${JSON.stringify(handle.id.slice(0, 120))}`, {
    device: device.address,
    hint: 'Instances do not outlive a reboot: install the layout again.',
  });
}

async function findSlice(
  context: SliceContext,
  slice: MigSlice,
  usual: string,
): Promise<PresentSlice | undefined> {
  const gpu = await findGpu(context.sys, slice.gpu, usual);
  if (gpu === undefined) return undefined;
  const instances = await listMigInstances(context, gpu.address);
  const instance = instances.find(({ profile, start }) => profile === slice.profile && start === slice.start);
  if (instance === undefined) return undefined;
  const names = await context.sys.list(capabilityPath(gpu.minor, instance.id));
  if (names === undefined) {
    throw new DriverError('hardware', `it cannot be read what computes in GPU instance ${instance.id}`, {
      device: gpu.address,
    });
  }
  const computes = names.flatMap((name) => /^ci(\d{1,3})$/.exec(name)?.[1] ?? []).map(Number);
  return { slice, ...gpu, instance, computes };
}

/**
 * The GPU of a UUID, where it was last seen or wherever it is now.
 *
 * @throws `hardware` when one of the GPUs does not say which it is
 */
async function findGpu(
  sys: Machine,
  uuid: string,
  usual: string,
): Promise<{ readonly address: string; readonly minor: number } | undefined> {
  const found = asFound(usual, await readInformation(sys, usual), uuid);
  if (found !== undefined) return found;
  for (const address of (await sys.list('/proc/driver/nvidia/gpus')) ?? []) {
    const information = await readInformation(sys, address);
    if (information.uuid === undefined && !information.excluded) {
      throw new DriverError('hardware', `GPU ${address} does not say which it is`, { device: address });
    }
    const elsewhere = asFound(address, information, uuid);
    if (elsewhere !== undefined) return elsewhere;
  }
  return undefined;
}

function asFound(
  address: string,
  information: NvidiaInformation,
  uuid: string,
): { readonly address: string; readonly minor: number } | undefined {
  if (information.uuid !== uuid) return undefined;
  const minor = Number(information.minor ?? 'none');
  if (Number.isInteger(minor)) return { address, minor };
  throw new DriverError('hardware', `GPU ${address} does not say which device node it has`, {
    device: address,
  });
}

const readInformation = async (sys: Machine, address: string): Promise<NvidiaInformation> =>
  parseNvidiaInformation((await readAttribute(sys, nvidiaInformationPath(address))) ?? '');

const capabilityPath = (minor: number, instance: number): string =>
  `/proc/driver/nvidia/capabilities/gpu${minor}/mig/gi${instance}`;

/** @param compute number of its compute instance; a dry run has none, and leaves out what follows from it */
async function describeSlice(sys: Machine, present: PresentSlice, compute?: number): Promise<AttachmentInfo> {
  const { slice, minor, instance } = present;
  const nodes = [await nodeAt(sys, present, 'access')];
  if (compute !== undefined) nodes.push(await nodeAt(sys, present, `ci${compute}/access`));
  return {
    type: 'CDI',
    info: {
      cdi_name: migSliceId(slice),
      gpu_uuid: slice.gpu,
      profile: slice.profile,
      gpu_instance: `${instance.id}`,
      ...(compute === undefined ? {} : { compute_instance: `${compute}` }),
      device_nodes: [
        '/dev/nvidiactl',
        `/dev/nvidia${minor}`,
        '/dev/nvidia-uvm',
        ...nodes.map((node) => `/dev/nvidia-caps/${node}`),
      ].join(','),
    },
  };
}

/**
 * The name of the node that opens an instance, or a compute instance in it (open-gpu-kernel-modules: nv-caps.c).
 *
 * @param file of its capability, below the instance's directory
 */
async function nodeAt(
  sys: Machine,
  { minor, instance, address }: PresentSlice,
  file: string,
): Promise<string> {
  const path = `${capabilityPath(minor, instance.id)}/${file}`;
  const [, number] = /^DeviceFileMinor: (\d{1,7})$/m.exec((await sys.read(path)) ?? '') ?? [];
  if (number !== undefined) return `nvidia-cap${number}`;
  throw new DriverError('hardware', `${path} does not say which device node it is`, { device: address });
}

/** Who keeps a compute instance from being removed, where that can be seen. */
async function nameUsers(context: SliceContext, present: PresentSlice, cause: unknown): Promise<unknown> {
  const nodes = [await nodeAt(context.sys, present, 'access')];
  for (const compute of present.computes)
    nodes.push(await nodeAt(context.sys, present, `ci${compute}/access`));
  const users = await findDeviceUsers(context.sys, nodes);
  return users.length === 0 ? cause : usedBy(present.address, users, cause);
}
