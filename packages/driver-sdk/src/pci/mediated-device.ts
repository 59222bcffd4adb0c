import { posix } from 'node:path';
import type { Machine } from '../machine.ts';
import { listAttributes, orAbsent, readAttribute } from './read-attribute.ts';

/** Where Linux shows mediated devices (Documentation/driver-api/vfio-mediated-device.rst). */
export const mdevDevices = '/sys/bus/mdev/devices';
export const mdevParents = '/sys/class/mdev_bus';

/** A type of mediated device that a parent can make. */
export interface MdevType {
  /** Name of its directory: `nvidia-231`. Differs between boards and driver releases. */
  readonly id: string;
  /** For people, `GRID T4-2Q`; undefined where the driver gives none. */
  readonly name: string | undefined;
  /** As the vendor's driver writes it, such as `framebuffer=2048M, max_instance=8`. */
  readonly description: string | undefined;
  /** How many more could be made now. Types of one parent mostly are alternatives: the first takes all. */
  readonly available: number;
  /** Only `vfio-pci` is a PCI device for its guest. */
  readonly deviceApi: string | undefined;
}

/** A mediated device that is there. */
export interface MediatedDevice {
  readonly uuid: string;
  /** Name of its parent: the address of a PCI function, for cards. */
  readonly parent: string;
  /** Directory name of its type. */
  readonly type: string;
  /** Its IOMMU group; undefined while it has none, and then it cannot be opened. */
  readonly group: number | undefined;
  /** Whether `/dev/vfio` has the node of its group. */
  readonly hasNode: boolean;
}

/** The types that a parent can make, in the order of their directories; undefined when it can make none. */
export async function readMdevTypes(sys: Machine, parent: string): Promise<MdevType[] | undefined> {
  const directory = `${mdevParents}/${parent}/mdev_supported_types`;
  const ids = await orAbsent(() => sys.list(directory));
  if (ids === undefined) return undefined;
  const types: MdevType[] = [];
  for (const id of ids) {
    const read = (name: string): Promise<string | undefined> =>
      readAttribute(sys, `${directory}/${id}/${name}`);
    const available = await read('available_instances');
    if (available === undefined || !/^\d+$/.test(available)) continue;
    types.push({
      id,
      name: await read('name'),
      description: await read('description'),
      available: Number(available),
      deviceApi: await read('device_api'),
    });
  }
  return types;
}

/** Reads a mediated device; undefined when there is none of that UUID. */
export async function readMdev(sys: Machine, uuid: string): Promise<MediatedDevice | undefined> {
  const path = `${mdevDevices}/${uuid}`;
  const directory = await orAbsent(() => sys.resolve(path));
  const type = await orAbsent(() => sys.link(`${path}/mdev_type`));
  if (directory === undefined || type === undefined) return undefined;
  const group = await orAbsent(() => sys.link(`${path}/iommu_group`));
  return {
    uuid,
    parent: posix.basename(posix.dirname(directory)),
    type,
    group: group === undefined ? undefined : Number(group),
    hasNode: group !== undefined && (await listAttributes(sys, '/dev/vfio')).includes(group),
  };
}

/** The UUIDs of a parent's mediated devices, of whatever type, sorted. */
export async function listMdevs(sys: Machine, parent: string): Promise<string[]> {
  const found: string[] = [];
  for (const uuid of await listAttributes(sys, mdevDevices)) {
    const mdev = await readMdev(sys, uuid);
    if (mdev?.parent === parent) found.push(uuid);
  }
  return found;
}
