import { type DiscoveredHandle, type PciAddress, pciAddressParts } from '@cyborgjs/core';
import { type Machine, orAbsent, type PciFunction, readAttribute, readMdevTypes } from '@cyborgjs/driver-sdk';
import { v5 as uuidV5 } from 'uuid';
import { findModel } from '../models.ts';
import { isVgpuTypeNamed, parseVgpuType, type VgpuType } from './vgpu-type.ts';

/** The vGPUs of one type that a GPU can hold, and which of its functions makes each. */
export interface VgpuOffer {
  readonly by: 'mdev' | 'vendor-vfio';
  readonly type: VgpuType;
  readonly handles: readonly DiscoveredHandle[];
  /** Further things that the type's description says: `num_heads`, `max_resolution`. */
  readonly description: Readonly<Record<string, string>>;
}

/** How a GPU makes vGPUs: by mediated devices of it or of its virtual functions, or by VFIO of NVIDIA's own. */
export interface VgpuRoad {
  readonly by: 'mdev' | 'vendor-vfio';
  /** The functions that make one each, or the GPU itself, which makes many. */
  readonly parents: readonly PciAddress[];
  /** Names of the types that were offered when it was read. */
  readonly types: readonly { readonly id: string; readonly name: string; readonly description: string }[];
}

/** Whether all virtual functions of a GPU were read: which of them make vGPUs goes by their order. */
export const hasAllFunctions = ({ virtfns, sriov }: PciFunction): boolean =>
  virtfns.length === (sriov?.numVfs ?? virtfns.length);

/** The first vGPU driver that shows itself at a GPU; undefined when none does. */
export async function findVgpuRoad(sys: Machine, fn: PciFunction): Promise<VgpuRoad | undefined> {
  const [first] = fn.virtfns;
  for (const parents of first === undefined ? [[fn.address]] : [fn.virtfns]) {
    const [parent] = parents;
    const types = parent === undefined ? undefined : await readMdevTypes(sys, parent);
    if (types !== undefined && types.length > 0)
      return {
        by: 'mdev',
        parents,
        types: types.flatMap(({ id, name, description = '' }) =>
          name === undefined || parseVgpuType(name) === undefined ? [] : [{ id, name, description }],
        ),
      };
  }
  if (first === undefined || (await readCurrentType(sys, first)) === undefined) return undefined;
  return { by: 'vendor-vfio', parents: fn.virtfns, types: await readCreatable(sys, first) };
}

/** The type of a virtual function's vGPU, `0` for none; undefined where NVIDIA's VFIO does not have the function. */
export async function readCurrentType(sys: Machine, virtfn: string): Promise<string | undefined> {
  const text = await readAttribute(sys, `/sys/bus/pci/devices/${virtfn}/nvidia/current_vgpu_type`);
  return text !== undefined && /^\d{1,9}$/.test(text) ? text : undefined;
}

/** What could be made of a virtual function now: lines `1428  : NVIDIA H200X-141C` below a heading. */
export async function readCreatable(sys: Machine, virtfn: string): Promise<VgpuRoad['types']> {
  const text =
    (await orAbsent(() => sys.read(`/sys/bus/pci/devices/${virtfn}/nvidia/creatable_vgpu_types`))) ?? '';
  return [...text.matchAll(/^(\d{1,9}) {0,8}: (.{1,80})$/gm)].map(([, id = '', name = '']) => ({
    id,
    name: name.trim(),
    description: '',
  }));
}

/** A namespace of ours for the UUIDs of mediated devices (RFC 9562, version 5). */
const namespace = 'b1c1a0f2-7d0e-4f0b-9a55-3f0c7f0f2a31';

/**
 * The vGPUs of a type that a GPU offers; undefined when it has no such type. Each has its place from the start, so that
 * the offer is the same whether some are made or not: the first virtual functions, or a UUID that follows from the GPU's
 * address, the type and a number.
 */
export function offerVgpus(fn: PciFunction, road: VgpuRoad, wanted: string): VgpuOffer | undefined {
  const found = road.types.find(({ name }) => isVgpuTypeNamed(name, wanted));
  // NVIDIA's own VFIO lists no type at all where no more can be made.
  const isListed = found !== undefined || (road.by === 'vendor-vfio' && road.types.length === 0);
  const type = parseVgpuType(found?.name ?? wanted);
  if (!isListed || type === undefined || type.onMig) return undefined;
  const description = describeType(found?.description ?? '');
  const most = Number(description.max_instance ?? mostOf(fn, type));
  const count = road.parents.length === 1 ? most : Math.min(most, road.parents.length);
  const handles = Array.from({ length: Math.min(count, 256) }, (_, index): DiscoveredHandle => {
    const parent =
      road.parents.length === 1 ? (road.parents[0] ?? fn.address) : (road.parents[index] ?? fn.address);
    const id = road.by === 'mdev' ? uuidV5(`${fn.address} ${type.short} ${index}`, namespace) : parent;
    // Numbers of types of NVIDIA's own VFIO cannot always be read: there the name stands in their place.
    const asked = road.by === 'mdev' && found !== undefined ? found.id : type.short;
    return { id, type: 'MDEV', info: handleInfo(road, { id, parent, asked, index }) };
  });
  return { by: road.by, type, handles, description };
}

/** How many of a type a board's memory holds; what a board is not known to hold is taken to be one. */
function mostOf(fn: PciFunction, { gigabytes }: VgpuType): number {
  const memory = findModel('nvidia', fn.device)?.memoryGb ?? gigabytes;
  return Math.max(1, Math.floor(memory / Math.max(1, gigabytes)));
}

/** `num_heads=4, framebuffer=2048M, max_resolution=7680x4320, max_instance=8` by name. */
function describeType(text: string): Record<string, string> {
  return Object.fromEntries(
    [...text.slice(0, 500).matchAll(/([a-z_]{1,32})=([\w.]{1,32})/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

interface Place {
  readonly id: string;
  readonly parent: PciAddress;
  readonly asked: string;
  readonly index: number;
}

/** What Cyborg tells of a mediated device, and by what QEMU finds it. */
function handleInfo({ by }: VgpuRoad, { id, parent, asked, index }: Place): Record<string, string> {
  const place = { asked_type: asked, vgpu_mark: `${asked}_${index}`, ...pciAddressParts(parent) };
  if (by === 'mdev') return { ...place, uuid: id, parent };
  return { ...place, sysfsdev: `/sys/bus/pci/devices/${id}`, managed: 'no' };
}
