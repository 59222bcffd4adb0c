import { DriverError } from '../driver-error.ts';
import { errnoOf } from '../machine/driver-error-from-errno.ts';
import type { Machine } from '../machine.ts';
import { type MediatedDevice, mdevParents, readMdev, readMdevTypes } from './mediated-device.ts';

/** A mediated device as it is wanted. */
export interface WantedMdev {
  /** In lower case; the caller's, so that asking again is asking for the same one. */
  readonly uuid: string;
  /** The function that makes it. */
  readonly parent: string;
  /** Directory name of its type, `nvidia-231`, or its name for people, `GRID T4-2Q`. */
  readonly type: string;
}

/** How a step on mediated devices is to be done. */
export interface MdevOptions {
  /** True on a machine that only plans: what the kernel would then show is not looked at. Default false. */
  readonly dryRun?: boolean;
}

/**
 * Makes a mediated device and returns it; one that is there already, of the same parent and type, is not touched.
 *
 * @throws `conflict` when the UUID is of another parent or type; `not_found` without such a parent or type; `busy`
 * when no more of the type can be made; `invalid` for what is no UUID; `hardware` when the kernel made it otherwise.
 */
export async function createMdev(
  sys: Machine,
  wanted: WantedMdev,
  { dryRun = false }: MdevOptions = {},
): Promise<MediatedDevice> {
  const { uuid, parent } = wanted;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid))
    throw new DriverError('invalid', `${JSON.stringify(uuid)} is no UUID in lower case`, { device: parent });
  const before = await readMdev(sys, uuid);
  const type = await requireType(sys, wanted, before !== undefined);
  if (before === undefined) await writeUuid(sys, { ...wanted, type });
  if (before === undefined && dryRun) return { uuid, parent, type, group: undefined, hasNode: false };
  const made = await readMdev(sys, uuid);
  if (made !== undefined && (made.parent !== parent || made.type !== type)) {
    throw new DriverError('conflict', `mediated device ${uuid} is ${made.type} of ${made.parent}`, {
      device: parent,
      hint: `Remove it, or ask for another UUID than that of a ${made.type}.`,
    });
  }
  if (made?.hasNode === true) return made;
  const seen = made === undefined ? 'it is not there' : 'its IOMMU group has no node in /dev/vfio';
  throw new DriverError('hardware', `mediated device ${uuid} of ${parent} did not come up: ${seen}`, {
    device: parent,
    hint: 'Is vfio_mdev, or the VFIO driver of the vendor, loaded? The kernel log says more.',
  });
}

/** The directory name of the wanted type. */
async function requireType(
  sys: Machine,
  { parent, type: wanted }: WantedMdev,
  isThere: boolean,
): Promise<string> {
  const types = await readMdevTypes(sys, parent);
  if (types === undefined) {
    throw new DriverError('not_found', `${parent} makes no mediated devices`, {
      device: parent,
      hint: 'Its host driver must be one for virtual GPUs, and bound to it.',
    });
  }
  const type = types.find(({ id }) => id === wanted) ?? types.find(({ name }) => name === wanted);
  if (type === undefined) {
    throw new DriverError(
      'not_found',
      `${parent} has no type ${JSON.stringify(wanted)} of mediated devices`,
      {
        device: parent,
        hint: `It has ${types.map(({ id, name }) => (name === undefined ? id : `${id} (${name})`)).join(', ')}.`,
      },
    );
  }
  if (type.available < 1 && !isThere) throw noneLeft(parent, type.id);
  return type.id;
}

async function writeUuid(sys: Machine, { uuid, parent, type }: WantedMdev): Promise<void> {
  try {
    await sys.write(`${mdevParents}/${parent}/mdev_supported_types/${type}/create`, uuid);
  } catch (error) {
    const errno = errnoOf(error);
    // Made by somebody else meanwhile: what it is, is looked at next.
    if (errno === 'EEXIST') return;
    throw errno === 'ENOSPC' || errno === 'EUSERS' ? noneLeft(parent, type, error) : error;
  }
}

function noneLeft(parent: string, type: string, cause?: unknown): DriverError {
  return new DriverError('busy', `${parent} can make no more of ${type} now`, {
    device: parent,
    hint: 'Others of it, or of another type, are there: remove those first.',
    ...(cause === undefined ? {} : { cause }),
  });
}
