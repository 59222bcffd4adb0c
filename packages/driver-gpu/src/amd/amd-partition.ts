import {
  type DriverContext,
  DriverError,
  errnoOf,
  type PciFunction,
  readAttribute,
} from '@cyborgjs/driver-sdk';
import type { GpuLayout } from '../layout.ts';

type PartitionLayout = Pick<Extract<GpuLayout, { kind: 'partition' }>, 'compute' | 'memory'>;

/** The layout of an accelerator that is not cut. */
export const unpartitioned: PartitionLayout = { compute: 'SPX', memory: 'NPS1' };

/**
 * Cuts an AMD accelerator into compute partitions, and its memory with it (Linux: Documentation/gpu/amdgpu, "Compute
 * partitioning"). Both are checked before either is written; what is so already is not touched.
 *
 * @throws `unsupported` for a card that cannot be cut; `invalid` for a mode that it does not have; `busy`
 */
export async function setPartitions(
  context: Pick<DriverContext, 'sys'>,
  fn: PciFunction,
  { compute, memory }: PartitionLayout,
): Promise<void> {
  const changes = [
    await planMode(context, fn, { kind: 'compute', mode: compute }),
    ...(memory === undefined ? [] : [await planMode(context, fn, { kind: 'memory', mode: memory })]),
  ];
  for (const { kind, mode, isSet } of changes) if (!isSet) await writeMode(context, fn, { kind, mode });
}

/** Whether a card can be cut, as its files tell: a value that cannot be read for once must not pass for none. */
export async function hasPartitions({ sys }: Pick<DriverContext, 'sys'>, fn: PciFunction): Promise<boolean> {
  const names = await sys.list(`/sys/bus/pci/devices/${fn.address}`);
  if (names === undefined)
    throw new DriverError('hardware', `${fn.address} cannot be read`, { device: fn.address });
  return names.includes('current_compute_partition');
}

interface Mode {
  readonly kind: 'compute' | 'memory';
  readonly mode: string;
}

const pathOf = ({ address }: PciFunction, name: string): string => `/sys/bus/pci/devices/${address}/${name}`;

async function planMode(
  { sys }: Pick<DriverContext, 'sys'>,
  fn: PciFunction,
  { kind, mode }: Mode,
): Promise<Mode & { readonly isSet: boolean }> {
  const device = fn.address;
  const now = await readAttribute(sys, pathOf(fn, `current_${kind}_partition`));
  if (now === undefined)
    throw new DriverError('unsupported', `${device} has no ${kind} partitions`, {
      device,
      hint: 'Only Instinct accelerators from MI300 on have them, and while amdgpu has them.',
    });
  const available = (await readAttribute(sys, pathOf(fn, `available_${kind}_partition`)))?.split(/,\s*/);
  if (now !== mode && available?.includes(mode) !== true)
    throw new DriverError('invalid', `${device} has no ${kind} partition mode ${mode}`, {
      device,
      hint: `It has ${available?.join(', ') ?? now}.`,
    });
  return { kind, mode, isSet: now === mode };
}

async function writeMode(
  { sys }: Pick<DriverContext, 'sys'>,
  fn: PciFunction,
  { kind, mode }: Mode,
): Promise<void> {
  const path = pathOf(fn, `current_${kind}_partition`);
  try {
    await sys.write(path, mode);
  } catch (cause) {
    if (errnoOf(cause) !== 'EBUSY') throw cause;
    throw new DriverError('busy', `${fn.address} is in use, and cannot change to ${mode}`, {
      device: fn.address,
      hint: 'End what computes on it: "fuser -v /dev/kfd" names it.',
      cause,
    });
  }
  const now = await readAttribute(sys, path);
  if (now === mode) return;
  throw new DriverError('hardware', `${fn.address} is ${now ?? 'in no mode'} after it was set to ${mode}`, {
    device: fn.address,
    hint:
      kind === 'memory'
        ? 'A change of the memory mode may need amdgpu to be loaded anew.'
        : 'See the kernel log.',
  });
}
